package dev.bottle.system.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * mitmproxy as our daemon is used: it intercepts, and an addon sets the credential. Bodies are
 * streamed ({@code stream_large_bodies}), and it keeps no flows and prints none.
 */
final class Mitmproxy {
  static final String NAME = "mitmproxy";

  private static final int PORT = 8080;

  private static final String ADDON =
      """
      import os

      class Inject:
          def requestheaders(self, flow):
              flow.request.headers["authorization"] = os.environ["CREDENTIAL"]

      addons = [Inject()]
      """;

  private final Path program;
  private final Path home;
  private final String credential;

  /**
   * Writes what it needs.
   *
   * @param program mitmdump
   * @param upstreamRoots PEM
   */
  Mitmproxy(Path program, Path home, String credential, String upstreamRoots) throws IOException {
    this.program = program;
    this.home = home;
    this.credential = credential;
    Files.createDirectories(home);
    Files.writeString(home.resolve("inject.py"), ADDON);
    Files.writeString(home.resolve("roots.pem"), upstreamRoots);
  }

  /** Its own word for its version. */
  String version() throws IOException {
    Process asked =
        new ProcessBuilder(program.toString(), "--version").redirectErrorStream(true).start();
    try (var lines = asked.inputReader()) {
      return String.valueOf(lines.readLine()).replace(" binary", "");
    }
  }

  /** Starts it, and waits until it accepts; the time that took is in the second part. */
  Started start() throws IOException {
    Program started =
        Program.start(
            List.of(
                program.toString(),
                "--quiet",
                "--listen-host",
                "127.0.0.1",
                "--listen-port",
                "" + PORT,
                "--set",
                "confdir=" + home,
                "--set",
                "ssl_verify_upstream_trusted_ca=" + home.resolve("roots.pem"),
                "--set",
                "stream_large_bodies=64k",
                "--scripts",
                home.resolve("inject.py").toString()),
            home.resolve("mitmproxy.log"),
            Map.of("CREDENTIAL", credential));
    Duration took = started.awaitReady(() -> Relay.accepts(PORT));
    Way way =
        new Way(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT),
            Files.readString(home.resolve("mitmproxy-ca-cert.pem")),
            null);
    return new Started(new Subject(NAME, way, started, List.of()), took);
  }

  /** Running, and how long it took to. */
  record Started(Subject subject, Duration took) {}
}
