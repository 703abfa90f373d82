package dev.bottle.system.benchmark;

import dev.bottle.crd.control.ControlReader;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.json.MalformedDocumentException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The policies that egress says it enforces, as the node agent hears of them. */
final class EnforcedPolicies implements AutoCloseable {
  private final SocketChannel channel;
  private final ControlReader messages;
  private @Nullable String hash;

  /** Reads the policy that is in force now. */
  EnforcedPolicies(Path control) throws IOException, MalformedDocumentException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(control));
    messages = new ControlReader(Channels.newInputStream(channel));
    awaitNext();
  }

  /** Waits until another one is in force. */
  void awaitNext() throws IOException, MalformedDocumentException {
    String former = hash;
    while (former == null ? hash == null : former.equals(hash)) {
      if (messages.next().orElseThrow(() -> new IOException("egress ended"))
          instanceof DaemonState state) {
        hash = state.policyHash();
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
