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
  public BodyVerdict requestBody(ByteBuf chunk, boolean last) {
    return then(first.requestBody(chunk, last), bytes -> second.requestBody(bytes, last), last);
  }

  @Override
  public Verdict informationalHead(HttpResponse head) {
    return both(guard -> guard.informationalHead(head));
  }

  @Override
  public Verdict responseHead(HttpResponse head) {
    return both(guard -> guard.responseHead(head));
  }

  @Override
  public BodyVerdict responseBody(ByteBuf chunk, boolean last) {
    return then(first.responseBody(chunk, last), bytes -> second.responseBody(bytes, last), last);
  }

  @Override
  public BodyVerdict guestFrame(Opcode opcode, ByteBuf payload, boolean last) {
    return then(
        first.guestFrame(opcode, payload, last),
        bytes -> second.guestFrame(opcode, bytes, last),
        true);
  }

  @Override
  public BodyVerdict upstreamFrame(Opcode opcode, ByteBuf payload, boolean last) {
    return then(
        first.upstreamFrame(opcode, payload, last),
        bytes -> second.upstreamFrame(opcode, bytes, last),
        true);
  }

  @Override
  public boolean isPermitted() {
    return first.isPermitted() && second.isPermitted();
  }

  @Override
  public void close() {
    try {
      first.close();
    } finally {
      second.close();
    }
  }

  private Verdict both(Function<ExchangeGuard, Verdict> question) {
    Verdict verdict = question.apply(first);
    return switch (verdict) {
      case Verdict.Pass _ -> question.apply(second);
      case Verdict.Refuse refuse -> refuse;
    };
  }

  /**
   * The second's word on what the first lets go on.
   *
   * @param evenEmpty whether the second must hear of it when that is nothing
   */
  private static BodyVerdict then(
      BodyVerdict verdict, Function<ByteBuf, BodyVerdict> next, boolean evenEmpty) {
    return switch (verdict) {
      case BodyVerdict.Forward forward ->
          evenEmpty || forward.bytes().isReadable() ? next.apply(forward.bytes()) : forward;
      case BodyVerdict.Refuse refuse -> refuse;
    };
  }
}
