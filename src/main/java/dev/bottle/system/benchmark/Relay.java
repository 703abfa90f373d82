package dev.bottle.system.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code bottle-tool relay} between the load generator and a door, as in a guest. */
final class Relay {
  static final String NAME = "egress, by the relay";

  private static final int PORT = 8888;

  private Relay() {}

  /**
   * Egress by way of the relay; its CPU is not counted, for it is the guest's.
   *
   * @param egress is not closed with this
   */
  static Subject before(Subject egress, Path tool, Path door, Path log) throws IOException {
    Program relay =
        Program.start(
            List.of(tool.toString(), "relay", "127.0.0.1:" + PORT + "=" + door), log, Map.of());
    relay.awaitReady(() -> accepts(PORT));
    return new Subject(
        NAME,
        new Way(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT),
            egress.way().authority(),
            null),
        null,
        List.of(relay));
  }

  /** Whether something accepts connections there. */
  static boolean accepts(int port) {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }
}
