package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.system.adversarial.internet.InternetMain;
import dev.bottle.system.adversarial.internet.SinkEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** The sinks, in a namespace of their own, and everything that reached them. */
final class Internet implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final boolean ROOT = System.getProperty("user.name").equals("root");

  /** Every address is local, and the name server is the forger. */
  private static final String ALONE =
      """
      ip link set lo up
      ip route add local 0.0.0.0/0 dev lo
      ip -6 addr add 2606:4700:4700::1/128 dev lo
      ip -6 route add local ::/0 dev lo
      mount --bind "$1" /etc/resolv.conf
      shift
      exec "$@"
      """;

  /**
   * Every address that comes in by a link to this machine is local; answers go back by that link.
   * The peer of the link is made in the namespace of this test, whose parent is no shell: unshare
   * and sh are one process.
   */
  private static final String LINKED =
      """
      ip link set lo up
      ip link add uplink type veth peer name %1$s netns "$PPID"
      ip addr add %2$s/30 dev uplink
      ip link set uplink up
      ip route add default via %3$s
      ip route add local 0.0.0.0/0 dev lo
      ip rule add pref 10 to %3$s lookup main
      ip rule add pref 20 to %2$s/30 lookup local
      ip rule add pref 30 lookup local
      ip rule del pref 0
      mount --bind "$1" /etc/resolv.conf
      shift
      exec "$@"
      """
          .formatted(Uplink.DEVICE, Uplink.SINKS, Uplink.HERE);

  private final Process process;
  private final Path authorities;
  private final List<SinkEvent> events = new CopyOnWriteArrayList<>();
  private volatile boolean ready;

  /** An internet that only what is started {@link #inside} it can reach. */
  static Internet alone(Path directory) throws IOException {
    return new Internet(directory, ALONE);
  }

  /** An internet at the other end of a link to this machine; see {@link Uplink}. Needs root. */
  static Internet linked(Path directory) throws IOException {
    return new Internet(directory, LINKED);
  }

  private Internet(Path directory, String setup) throws IOException {
    Path resolvConf = directory.resolve("resolv.conf");
    Files.writeString(resolvConf, "nameserver 127.0.0.1\n");
    authorities = directory.resolve("authorities.pem");
    Path errors = directory.resolve("internet.log");
    List<String> command = new ArrayList<>(List.of("unshare", "--net", "--mount"));
    if (!ROOT) {
      command.addAll(List.of("--user", "--map-root-user"));
    }
    command.addAll(List.of("sh", "-ec", setup, "sh", resolvConf.toString(), Repository.java()));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of(InternetMain.class.getName(), authorities.toString()));
    process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    Thread.ofVirtual().start(this::read);
    await()
        .atMost(PATIENCE)
        .failFast(
            "the sinks did not start",
            () -> assertThat(process.isAlive()).as(Files.readString(errors)).isTrue())
        .until(() -> ready);
  }

  private void read() {
    ObjectMapper json = new ObjectMapper();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals("ready")) {
          ready = true;
        } else {
          events.add(json.readValue(line, SinkEvent.class));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** This command, run in the namespace. */
  List<String> inside(List<String> command) {
    List<String> whole = new ArrayList<>(List.of("nsenter", "--target", "" + process.pid()));
    whole.addAll(List.of("--net", "--mount"));
    if (!ROOT) {
      whole.addAll(List.of("--user", "--preserve-credentials"));
    }
    whole.add("--");
    whole.addAll(command);
    return whole;
  }

  /** How many ICMP echo requests came in, as its kernel counts them. */
  long echoes() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid(), "net/snmp"))) {
      List<String[]> icmp =
          lines.filter(line -> line.startsWith("Icmp: ")).map(line -> line.split(" ")).toList();
      int column = List.of(icmp.getFirst()).indexOf("InEchos");
      return Long.parseLong(icmp.getLast()[column]);
    }
  }

  /** PEM of what a Bottle's policy trusts. */
  String authorities() throws IOException {
    return Files.readString(authorities);
  }

  /** Everything that happened, in order. */
  List<SinkEvent> events() {
    return events;
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.destroy();
  }
}
