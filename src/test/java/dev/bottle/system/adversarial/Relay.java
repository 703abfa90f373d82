package dev.bottle.system.adversarial;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** What bottle-tool does in the guest: TCP on loopback to the door, half-close both ways. */
final class Relay implements AutoCloseable {
  private final ServerSocketChannel server;
  private final Path door;

  Relay(Path door) throws IOException {
    this.door = door;
    this.server =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().start(this::accept);
  }

  /** The proxy, as the guest sees it. */
  InetSocketAddress address() throws IOException {
    return (InetSocketAddress) server.getLocalAddress();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        join(server.accept());
      } catch (IOException ended) {
        // the listener's end
      }
    }
  }

  private void join(SocketChannel guest) {
    try {
      SocketChannel egress = SocketChannel.open(StandardProtocolFamily.UNIX);
      egress.connect(UnixDomainSocketAddress.of(door));
      Thread.ofVirtual().start(() -> pipe(guest, egress));
      Thread.ofVirtual().start(() -> pipe(egress, guest));
    } catch (IOException nobodyThere) {
      close(guest); // or the door is full
    }
  }

  private static void pipe(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(32 * 1024);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
      to.shutdownOutput();
    } catch (IOException gone) {
      close(from);
      close(to);
    }
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException ignored) {
      // it is of no more use
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
