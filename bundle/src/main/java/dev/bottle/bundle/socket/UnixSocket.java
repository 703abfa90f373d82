package dev.bottle.bundle.socket;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** Listening unix-domain sockets. */
public final class UnixSocket {
  private static final int BACKLOG = 128;

  private UnixSocket() {}

  /**
   * Binds, in place of the socket that a former process left.
   *
   * @param mode as {@code ls} prints it
   * @throws IOException with a message for people
   */
  public static Channel listen(ServerBootstrap bootstrap, Path socket, String mode)
      throws IOException {
    removeStale(socket);
    var bound =
        bootstrap
            .channel(NioServerDomainSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .bind(UnixDomainSocketAddress.of(socket))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("cannot listen on " + socket + ": " + bound.cause().getMessage());
    }
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString(mode));
    return bound.channel();
  }

  private static void removeStale(Path socket) throws IOException {
    if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.readAttributes(socket, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .isOther()) {
      throw new IOException(socket + " is there and is no socket");
    }
    Files.delete(socket);
  }
}
