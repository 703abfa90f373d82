package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.control.Denial;
import dev.bottle.crd.names.Names;
import dev.bottle.system.endtoend.LocalCluster;
import dev.bottle.system.endtoend.NodeProcesses;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Bottle of the local cluster that is Ready: its guest, its egress' log, its machine. */
final class ClusterBottle implements Attacked, AutoCloseable {
  /** What egress logs of a denial; docs/contracts.md. */
  private static final Pattern REFUSED =
      Pattern.compile(
          "refused status=\"\\d+\" reason=\"(\\w+)\" rule=\"\\w+\" host=\"(.*)\" port=\"(\\d+)\"$");

  /** What the seal's own probe asks for, every few minutes. */
  private static final String PROBE = "not-allowed.bottle.invalid";

  private final LocalCluster cluster;
  private final String name;
  private final GuestRelay relay;
  private final GuestTrust trust;
  private final Process log;
  private final List<Denial> denials = new CopyOnWriteArrayList<>();

  ClusterBottle(LocalCluster cluster, String name) throws IOException {
    this.cluster = cluster;
    this.name = name;
    relay = new GuestRelay(cluster.start(door(List.of("-i"))));
    trust =
        GuestTrust.of(
            cluster
                .guest(name, "cat", "/etc/bottle/ca.pem")
                .orThrow()
                .getBytes(StandardCharsets.US_ASCII));
    log =
        cluster
            .start(
                List.of("kubectl", "-n", cluster.namespace(), "logs", "-f", pod(), "-c", "egress"))
            .start();
    Thread.ofVirtual().start(this::follow);
  }

  private void follow() {
    try (BufferedReader lines = log.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher refused = REFUSED.matcher(line);
        if (refused.find() && !refused.group(2).equals(PROBE)) {
          denials.add(
              new Denial(
                  "egress",
                  refused.group(2),
                  Integer.parseInt(refused.group(3)),
                  refused.group(1)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Guest guest() throws IOException {
    return new Guest(relay.address(), trust.context());
  }

  @Override
  public HttpClient client() throws IOException {
    return HttpClient.newBuilder()
        .proxy(ProxySelector.of(relay.address()))
        .sslContext(trust.context())
        .build();
  }

  @Override
  public List<Denial> denials() {
    return denials;
  }

  /** A script in the guest as its user: what it printed, whatever its exit code. */
  String sh(String script) {
    return cluster.guest(name, "sh", "-c", script).output();
  }

  /** The same as root. */
  String rootSh(String script) {
    List<String> command = new ArrayList<>(asRoot());
    command.addAll(List.of("sh", "-c", script));
    return cluster.host(command.toArray(String[]::new)).output();
  }

  /** What runs a command as the guest's user, by the door that people use. */
  List<String> asUser() {
    return door(List.of());
  }

  /** What runs a command as the guest's root: the runtime's own way, as nobody else may. */
  List<String> asRoot() {
    return List.of(
        "env",
        "SMOLVM_DATA_DIR=/var/lib/bottle/machines",
        "/var/lib/bottle/smolvm/current/smolvm",
        "machine",
        "exec",
        "--name",
        Names.machine(Objects.requireNonNull(cluster.bottle(name).getMetadata().getUid())),
        "--");
  }

  /** What runs a command where the machine's monitor is: its network, and its user's rights. */
  List<String> asMonitor() {
    String directory = cluster.machineDirectory(name);
    long pid =
        NodeProcesses.machines().stream()
            .filter(found -> found.arguments().get(2).startsWith(directory))
            .findFirst()
            .orElseThrow()
            .pid();
    return List.of(
        "nsenter",
        "--target",
        "" + pid,
        "--net",
        "--",
        "setpriv",
        "--reuid=2000000",
        "--regid=2000000",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
        "--");
  }

  /** egress' process on this machine, which is the node. */
  long egress() throws IOException {
    String uid =
        Objects.requireNonNull(
            Objects.requireNonNull(
                    Objects.requireNonNull(cluster.bottle(name).getStatus()).bundle())
                .podUID());
    List<Long> found = new ArrayList<>();
    for (NodeProcesses.Found each : NodeProcesses.with("dev.bottle.bundle.egress.EgressMain")) {
      String cgroup = Files.readString(Path.of("/proc/" + each.pid(), "cgroup"));
      if (cgroup.contains(uid) || cgroup.contains(uid.replace('-', '_'))) {
        found.add(each.pid());
      }
    }
    assertThat(found).as("egress of Pod " + uid).hasSize(1);
    return found.getFirst();
  }

  /** The Pod's address in the cluster's network. */
  String podAddress() {
    return cluster.kubectl("get", "pod", pod(), "-o", "jsonpath={.status.podIP}").orThrow();
  }

  private String pod() {
    return Names.pod(name);
  }

  private List<String> door(List<String> options) {
    List<String> command = new ArrayList<>(List.of("kubectl", "-n", cluster.namespace(), "exec"));
    command.addAll(options);
    command.addAll(List.of(pod(), "-c", "gate", "--", "bottle"));
    return command;
  }

  @Override
  public void close() throws IOException {
    relay.close();
    log.destroy();
  }
}
