package dev.bottle.system.benchmark;

import dev.bottle.bundle.egress.EgressMain;
import dev.bottle.bundle.tlsinit.TlsInitMain;
import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.ResponsePolicy;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import dev.bottle.crd.policy.TokenSlot;
import dev.bottle.system.daemon.BundleDirectory;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The real egress, as a process with the flags of its image. */
final class EgressDaemon {
  private static final String SLOT = "EGRESS_TOKEN_0";
  private static final String CANARY = "btl_canary_" + "q7Zk2Lw9Xv4Tn8Rb1Yd6Hc3Mf5Gs0JpA";

  private final BundleDirectory home;
  private final String classPath;
  private final int health;
  private final List<String> cache = new ArrayList<>();

  /**
   * Makes its directory, with everything that its Pod mounts.
   *
   * @param classPath the jar of the daemons and their libraries, each by name
   * @param health its port of loopback
   */
  EgressDaemon(
      Path home,
      String classPath,
      int health,
      Inspection inspection,
      String token,
      String upstreamRoots)
      throws IOException {
    this.home = BundleDirectory.create(home);
    this.classPath = classPath;
    this.health = health;
    Files.writeString(this.home.tokens().resolve(SLOT), token);
    Files.write(
        this.home.policy(),
        new Policy(
                Policy.VERSION,
                new BottleIdentity("benchmark", "bottle", "uid-1"),
                policy(inspection, upstreamRoots))
            .toJson());
    try (Program init =
        program(TlsInitMain.class, List.of(), this.home.tlsInitArguments("benchmark"))) {
      init.awaitEnd();
    }
  }

  private static EgressPolicy policy(Inspection inspection, String upstreamRoots) {
    return new EgressPolicy(
        List.of(),
        List.of(),
        List.of(),
        upstreamRoots,
        List.of(
            new RoutePolicy(
                Load.HOST,
                List.of(),
                List.of(),
                false,
                OnMatch.Block,
                new RouteAuth(AuthType.Bearer, null, null, SLOT))),
        List.of(new TokenSlot(SLOT, "benchmark", "token")),
        inspection,
        ResponsePolicy.DEFAULT,
        inspection == Inspection.Builtin ? CANARY : "");
  }

  private Program program(Class<?> main, List<String> options, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(BundleDirectory.JVM_OPTIONS);
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(arguments);
    return Program.start(command, log(main), Map.of());
  }

  private Path log(Class<?> main) {
    return home.path().resolve(main.getSimpleName() + ".log");
  }

  /** From now on it starts with an AOT cache (JEP 514), made by a start and a stop. */
  void train() throws IOException {
    Path file = cacheFile();
    try (Program training = start(List.of("-XX:AOTCacheOutput=" + file))) {
      training.awaitReady(this::isReady);
    }
    if (!Files.exists(file)) {
      throw new IOException("no AOT cache: " + Files.readString(log(EgressMain.class)));
    }
    useCache(file);
  }

  /** From now on it starts with this AOT cache. */
  void useCache(Path file) {
    cache.add("-XX:AOTCache=" + file);
  }

  /** Where {@link #train} leaves its cache. */
  Path cacheFile() {
    return home.path().resolve("egress.aot");
  }

  /** Starts it; whoever wants to use it must wait. */
  Program start() throws IOException {
    return start(cache);
  }

  private Program start(List<String> options) throws IOException {
    return program(EgressMain.class, options, home.egressArguments(health));
  }

  /** The door's socket. */
  Path door() {
    return home.door();
  }

  /** By its door, as nothing but the relay of a guest does. */
  Way way() throws IOException {
    return new Way(UnixDomainSocketAddress.of(door()), authority(), null);
  }

  /** PEM of the certificate that a guest trusts. */
  String authority() throws IOException {
    return Files.readString(home.certificate());
  }

  /** Whether it answers that it is ready. */
  boolean isReady() {
    try {
      HttpURLConnection asked =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + health + "/healthz").toURL().openConnection();
      asked.setConnectTimeout((int) Duration.ofSeconds(1).toMillis());
      asked.setReadTimeout((int) Duration.ofSeconds(1).toMillis());
      try {
        return asked.getResponseCode() == 200;
      } finally {
        asked.disconnect();
      }
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Running and ready. */
  Subject subject(String name) throws IOException {
    Program program = start();
    program.awaitReady(this::isReady);
    return new Subject(name, way(), program, List.of());
  }
}
