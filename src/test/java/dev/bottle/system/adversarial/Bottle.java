package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.EgressMain;
import dev.bottle.bundle.tlsinit.TlsInitMain;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The daemons of one Bottle, run as its Pod runs them, and both ends that are ours. */
final class Bottle implements Attacked, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final BundleDirectory home;
  private final Process egress;
  private final ControlSocket control;
  private final Relay relay;
  private final GuestTrust trust;

  /**
   * Starts tls-init and, when it has ended, egress.
   *
   * @param health its port of loopback, another for each Bottle of one namespace
   */
  Bottle(Internet internet, Path home, int health, EgressPolicy policy, Map<String, String> tokens)
      throws IOException, InterruptedException {
    this.home = BundleDirectory.create(home);
    new Volume(this.home.tokens()).deliver(tokens);
    deliver(new String(json(policy), StandardCharsets.UTF_8));
    Process init = daemon(internet, TlsInitMain.class, this.home.tlsInitArguments("adversarial"));
    if (!init.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || init.exitValue() != 0) {
      throw new IOException("tls-init: " + Files.readString(log(TlsInitMain.class)));
    }
    trust = GuestTrust.of(Files.readAllBytes(this.home.certificate()));
    egress = daemon(internet, EgressMain.class, this.home.egressArguments(health));
    Path socket = this.home.control();
    await()
        .atMost(PATIENCE)
        .failFast("egress did not start", () -> assertThat(egress.isAlive()).as(log()).isTrue())
        .until(() -> Files.exists(socket) && log().contains("egress listens"));
    control = new ControlSocket(socket);
    relay = new Relay(this.home.door());
    awaitPolicy(Policy.hash(json(policy)));
  }

  private Process daemon(Internet internet, Class<?> main, List<String> arguments)
      throws IOException {
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

  private static byte[] json(EgressPolicy policy) {
    return new Policy(Policy.VERSION, new BottleIdentity("adversarial", "bottle", "uid-1"), policy)
        .toJson();
  }

  /** Delivers a policy and waits until egress says that it enforces it. */
  void enforce(EgressPolicy policy) throws IOException {
    byte[] document = json(policy);
    deliver(new String(document, StandardCharsets.UTF_8));
    awaitPolicy(Policy.hash(document));
  }

  /** Delivers what may be no policy. */
  void deliver(String document) throws IOException {
    new Volume(home.policies()).deliver(Map.of("policy.json", document));
  }

  private void awaitPolicy(String hash) {
    control.awaitState(state -> hash.equals(state.policyHash()) && state.reason() == null);
  }

  @Override
  public Guest guest() throws IOException {
    return new Guest(relay.address(), trust.context());
  }

  /** A guest of another Bottle, if it came to this one's proxy. */
  Guest guestOf(Bottle other) throws IOException {
    return new Guest(relay.address(), other.trust.context());
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
    egress.destroy();
  }
}
