package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.upstream.PipelockAnswers;
import dev.bottle.bundle.egress.upstream.Upstream;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpRequest;

/** HTTP/1.1 (RFC 9112), and WebSockets, which only it can open here. */
final class Http1Connection implements UpstreamConnection {
  private final Upstream upstream;
  private final UpstreamStream stream;

  Http1Connection(Upstream upstream, Listener listener) {
    this.upstream = upstream;
    this.stream = new UpstreamStream(listener);
    HttpClientCodec codec = new HttpClientCodec(StrictRequestDecoder.config(), false, false);
    if (upstream.isThroughPipelock()) {
      upstream.serve(codec, new PipelockAnswers(), stream);
    } else {
      upstream.serve(codec, stream);
    }
    stream.pull();
  }

  @Override
  public void begin(HttpRequest head) {
    write(head);
  }

  @Override
  public void write(Object message) {
    var _ = upstream.channel().writeAndFlush(message);
  }

  /** Frames instead of HTTP. */
  void openWebSocket() {
    WebSockets.openUpstream(upstream.channel());
  }

  @Override
  public boolean isWritable() {
    return upstream.channel().isWritable();
  }

  @Override
  public void pull() {
    stream.pull();
  }

  /** What is not pulled is not read. */
  @Override
  public void pause() {}

  /** Goes on reading, only to notice the end. */
  @Override
  public void finish() {
    stream.pull();
  }

  /** As far as it is not the head of the last answer that said so. */
  @Override
  public boolean isReusable() {
    return upstream.isReusable();
  }

  @Override
  public boolean isPermitted(Enforcement enforcement) {
    return upstream.isPermitted(enforcement);
  }

  @Override
  public void close() {
    stream.giveUp();
    upstream.close();
  }
}
