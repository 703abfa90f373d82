package dev.bottle.bundle.egress.exchange;

import io.netty.util.ReferenceCountUtil;

/** What an upstream sends, until it is given up. */
final class UpstreamStream extends HttpObjectStream {
  private final UpstreamConnection.Listener listener;
  private boolean given;

  UpstreamStream(UpstreamConnection.Listener listener) {
    this.listener = listener;
  }

  /** Nothing is heard any more. */
  void giveUp() {
    given = true;
    discard();
  }

  @Override
  void receive(Object message) {
    if (given) {
      ReferenceCountUtil.release(message);
    } else {
      listener.received(message);
    }
  }

  @Override
  void ended() {
    if (!given) {
      listener.ended();
    }
  }

  @Override
  void writable() {
    if (!given) {
      listener.writable();
    }
  }
}
