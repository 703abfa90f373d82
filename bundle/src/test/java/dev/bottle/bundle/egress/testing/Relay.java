package dev.bottle.bundle.egress.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What the guest's relay does: TCP on loopback to the door socket, half-close both ways. */
public final class Relay implements AutoCloseable {
  private final ServerSocketChannel server;
  private final Path door;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

  /** Listens on a free port. */
  public Relay(Path door) throws IOException {
    this.door = door;
    this.server =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().start(this::accept);
  }

  /** The proxy, as the guest sees it. */
  public InetSocketAddress address() {
    try {
      return (InetSocketAddress) server.getLocalAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel guest = server.accept();
        SocketChannel egress = SocketChannel.open(StandardProtocolFamily.UNIX);
        open.add(guest);
        open.add(egress);
        egress.connect(UnixDomainSocketAddress.of(door));
        Thread.ofVirtual().start(() -> pipe(guest, egress));
        Thread.ofVirtual().start(() -> pipe(egress, guest));
      } catch (IOException closed) {
        // the listener, or the door of an egress that is gone
      }
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
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    open.forEach(Relay::close);
  }
}
