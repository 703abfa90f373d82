package dev.bottle.bundle.egress.guard;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import java.util.function.Function;

/** Two guards of one exchange. */
record ChainedGuard(ExchangeGuard first, ExchangeGuard second) implements ExchangeGuard {
  @Override
  public Verdict requestHead(HttpRequest head) {
    return both(guard -> guard.requestHead(head));
  }

  @Override
  public Verdict requestBody(ByteBuf chunk, boolean last) {
    return both(guard -> guard.requestBody(chunk, last));
  }

  @Override
  public Verdict responseHead(HttpResponse head) {
    return both(guard -> guard.responseHead(head));
  }

  @Override
  public Verdict responseBody(ByteBuf chunk, boolean last) {
    return both(guard -> guard.responseBody(chunk, last));
  }

  private Verdict both(Function<ExchangeGuard, Verdict> question) {
    Verdict verdict = question.apply(first);
    return switch (verdict) {
      case Verdict.Pass _ -> question.apply(second);
      case Verdict.Refuse refuse -> refuse;
    };
  }
}
