package dev.bottle.system.benchmark;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A door that is asked whether it knows a host. */
final class Door {
  private Door() {}

  /** Whether a CONNECT is refused for any other reason than that the policy lacks the host. */
  static boolean allows(Path socket, String host) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      String request = "CONNECT %1$s:443 HTTP/1.1\r\nHost: %1$s:443\r\n\r\n".formatted(host);
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(4096);
      while (answer.hasRemaining() && channel.read(answer) >= 0) {
        // egress closes after a refusal; no address belongs to these hosts
      }
      return !new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII)
          .contains("HostNotAllowed");
    }
  }
}
