package dev.bottle.bundle.egress.guard;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;

/**
 * Guards one request and its response. Heads are as they will be sent (hop-by-hop headers gone) and
 * may be changed, framing excepted; bodies are seen chunk by chunk, undecoded, in order.
 *
 * <p>A chunk belongs to the guard from the moment of the call: it hands it on, also changed in
 * place, holds it back or releases it. It holds back at most what it must see together, never a
 * whole body.
 */
public interface ExchangeGuard {
  /** Before any connection to the upstream is used. */
  default Verdict requestHead(HttpRequest head) {
    return Verdict.PASS;
  }

  /**
   * Each part of the request's body; the last one may be empty, and with it everything that was
   * held back must go on.
   */
  default BodyVerdict requestBody(ByteBuf chunk, boolean last) {
    return new BodyVerdict.Forward(chunk);
  }

  /** An informational response's head, before the final one; may come often. */
  default Verdict informationalHead(HttpResponse head) {
    return Verdict.PASS;
  }

  /** The final response's head, or that of the 101 which begins a WebSocket. */
  default Verdict responseHead(HttpResponse head) {
    return Verdict.PASS;
  }

  /** Each part of the response's body; as with {@link #requestBody}. */
  default BodyVerdict responseBody(ByteBuf chunk, boolean last) {
    return new BodyVerdict.Forward(chunk);
  }

  /**
   * The unmasked payload of one WebSocket frame (RFC 6455, section 5.2) that the guest sends. What
   * goes on must be exactly as long: nothing can be held back, for the other side may wait for it.
   *
   * @param last whether a message ends with this frame
   */
  default BodyVerdict guestFrame(Opcode opcode, ByteBuf payload, boolean last) {
    return new BodyVerdict.Forward(payload);
  }

  /** One frame that the upstream sends; as with {@link #guestFrame}. */
  default BodyVerdict upstreamFrame(Opcode opcode, ByteBuf payload, boolean last) {
    return new BodyVerdict.Forward(payload);
  }

  /** Asked when the policy changed: whether the exchange may go on. If not, the tunnel is cut. */
  default boolean isPermitted() {
    return true;
  }

  /** The exchange is over, however it ended; called once. Releases what is held back. */
  default void close() {}
}
