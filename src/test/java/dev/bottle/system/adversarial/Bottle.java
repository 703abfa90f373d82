package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.EgressMain;
import dev.bottle.bundle.tlsinit.TlsInitMain;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.Denial;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Policy;
import dev.bottle.system.daemon.BundleDirectory;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The daemons of one Bottle, run as its Pod runs them, and both ends that are ours. */
final class Bottle implements Attacked, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Whose bundle the cases attack. */
  static final BottleIdentity IDENTITY = new BottleIdentity("adversarial", "bottle", "uid-1");

  private final Internet internet;
  private final BundleDirectory home;
  private final Setup setup;
  private final GuestTrust trust;
  private final Relay relay;
  private Process egress;
  private ControlSocket control;

  /**
   * How it is set up.
   *
   * @param health its port of loopback, another for each Bottle of one network namespace
   * @param tokens the values of the slots
   * @param arguments of egress, behind the usual ones
   */
  record Setup(
      BottleIdentity identity,
      int health,
      EgressPolicy policy,
      Map<String, String> tokens,
      List<String> arguments) {
    /** As its Pod runs it. */
    static Setup of(int health, EgressPolicy policy) {
      return new Setup(IDENTITY, health, policy, Policies.TOKENS, List.of());
    }

    byte[] json(EgressPolicy other) {
      return new Policy(Policy.VERSION, identity, other).toJson();
    }
  }

  /** Starts tls-init and, when it has ended, egress. */
  Bottle(Internet internet, Path home, Setup setup) throws IOException, InterruptedException {
    this.internet = internet;
    this.home = BundleDirectory.create(home);
    this.setup = setup;
    new Volume(this.home.tokens()).deliver(setup.tokens());
    deliver(new String(setup.json(setup.policy()), StandardCharsets.UTF_8));
    Process init = daemon(TlsInitMain.class, this.home.tlsInitArguments("adversarial"));
    if (!init.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || init.exitValue() != 0) {
      throw new IOException("tls-init: " + Files.readString(log(TlsInitMain.class)));
    }
    trust = GuestTrust.of(Files.readAllBytes(this.home.certificate()));
    relay = new Relay(this.home.door());
    egress = egress();
    control = listen();
    awaitPolicy(Policy.hash(setup.json(setup.policy())));
  }

  private Process egress() throws IOException {
    List<String> arguments = new ArrayList<>(home.egressArguments(setup.health()));
    arguments.addAll(setup.arguments());
    Process started = daemon(EgressMain.class, arguments);
    await()
        .atMost(PATIENCE)
        .failFast("egress did not start", () -> assertThat(started.isAlive()).as(log()).isTrue())
        .until(() -> Files.exists(home.control()) && log().contains("egress listens"));
    return started;
  }

  private ControlSocket listen() throws IOException {
    return new ControlSocket(home.control());
  }

  /** As the kernel does when memory runs out, or kubelet when nobody answers. */
  void kill() throws InterruptedException {
    assertThat(egress.destroyForcibly().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    control.awaitEnd();
  }

  /**
   * Stops egress; when this returns all its threads stand still, which the signal alone is no proof
   * of.
   */
  void pause() throws IOException, InterruptedException {
    signal("STOP");
    await().ignoreException(NoSuchFileException.class).until(this::stands); // a thread that ended
  }

  /** Egress goes on where it was. */
  void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private boolean stands() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc", "" + egress.pid(), "task"))) {
      for (Path thread : threads.toList()) {
        if (!Files.readString(thread.resolve("status")).contains("\nState:\tT")) {
          return false;
        }
      }
    }
    return true;
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, "" + egress.pid()).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** As kubelet does with a container that ended: the Pod's volumes are as it left them. */
  void restart() throws IOException {
    control.close();
    egress = egress();
    control = listen();
    awaitPolicy(Policy.hash(setup.json(setup.policy())));
  }

  private Process daemon(Class<?> main, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Repository.java());
    command.addAll(BundleDirectory.JVM_OPTIONS);
    command.addAll(List.of("-cp", Repository.daemons(), main.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(internet.inside(command))
        .redirectErrorStream(true)
        .redirectOutput(log(main).toFile())
        .start();
  }

  /** Delivers a policy and waits until egress says that it enforces it. */
  void enforce(EgressPolicy policy) throws IOException {
    byte[] document = setup.json(policy);
    deliver(new String(document, StandardCharsets.UTF_8));
    awaitPolicy(Policy.hash(document));
  }

  /** Delivers what may be no policy. */
  void deliver(String document) throws IOException {
    new Volume(home.policies()).deliver(Map.of("policy.json", document));
  }

  private void awaitPolicy(String hash) {
    control.awaitState(state ->
        hash.equals(state.policyHash()) && !Reason.PolicyInvalid.name().equals(state.reason()));
  }

  @Override
  public Guest guest() throws IOException {
    return new Guest(relay.address(), trust.context());
  }

  /** A guest of another Bottle, if it came to this one's proxy. */
  Guest guestOf(Bottle other) throws IOException {
    return new Guest(relay.address(), other.trust.context());
  }

  /** A guest whose clock says this. */
  Guest guestAt(Instant clock) throws IOException {
    return new Guest(relay.address(), trust.at(clock));
  }

  @Override
  public List<Denial> denials() {
    return control.denials();
  }

  @Override
  public HttpClient client() throws IOException {
    return HttpClient.newBuilder()
        .proxy(ProxySelector.of(relay.address()))
        .sslContext(trust.context())
        .build();
  }

  /** What the node agent hears. */
  ControlSocket control() {
    return control;
  }

  private Path log(Class<?> main) {
    return home.path().resolve(main.getSimpleName() + ".log");
  }

  /** Everything that egress wrote. */
  String log() throws IOException {
    Path log = log(EgressMain.class);
    return Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
  }

  /** A file of egress's process under /proc, such as {@code status}. */
  String proc(String file) throws IOException {
    return Files.readString(Path.of("/proc/" + egress.pid(), file), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    relay.close();
    control.close();
    egress.destroyForcibly(); // also when it is stopped
  }
}
