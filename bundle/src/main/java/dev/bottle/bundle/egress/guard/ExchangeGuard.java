package dev.bottle.bundle.egress.guard;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;

/**
 * Guards one request and its response. Heads are as they will be sent (hop-by-hop headers gone) and
 * may be changed, framing excepted; bodies are seen chunk by chunk, undecoded, in order, and are
 * only read: the reader's position must stay.
 */
public interface ExchangeGuard {
  /** Before any connection to the upstream is used. */
  default Verdict requestHead(HttpRequest head) {
    return Verdict.PASS;
  }

  /** Each part of the request's body; the last one may be empty. */
  default Verdict requestBody(ByteBuf chunk, boolean last) {
    return Verdict.PASS;
  }

  /** The final response's head; informational ones are not shown. */
  default Verdict responseHead(HttpResponse head) {
    return Verdict.PASS;
  }

  /** Each part of the response's body; the last one may be empty. */
  default Verdict responseBody(ByteBuf chunk, boolean last) {
    return Verdict.PASS;
  }
}
