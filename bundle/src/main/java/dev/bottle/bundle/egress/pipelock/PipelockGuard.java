package dev.bottle.bundle.egress.pipelock;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.upstream.PipelockAnswers;
import dev.bottle.crd.condition.Reason;
import io.netty.handler.codec.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * Makes a refusal of ours of each answer that pipelock gave itself: the guest gets the JSON that it
 * gets for every other refusal, and nothing of pipelock's words, which say what it looks for.
 */
public final class PipelockGuard implements Guard {
  private static final int PORT = 443;

  @Override
  public ExchangeGuard open(String host) {
    return new ExchangeGuard() {
      @Override
      public Verdict responseHead(HttpResponse head) {
        Refusal refusal = refusal(host, head);
        return refusal == null ? Verdict.PASS : new Verdict.Refuse(refusal);
      }
    };
  }

  private static @Nullable Refusal refusal(String host, HttpResponse head) {
    String mark = head.headers().get(PipelockAnswers.MARK);
    if (mark == null) {
      return null;
    }
    return switch (mark) {
      case PipelockAnswers.UPSTREAM ->
          new Refusal(502, Reason.UpstreamFailed, "UpstreamUnreachable", host, PORT);
      case PipelockAnswers.TOO_LARGE -> refused(403, "PipelockResponseTooLarge", host);
      case PipelockAnswers.COMPRESSED -> refused(403, "PipelockCompressed", host);
      default ->
          head.status().code() == 429
              ? refused(429, "PipelockRateLimit", host)
              : refused(403, "PipelockBlocked", host);
    };
  }

  private static Refusal refused(int status, String rule, String host) {
    return new Refusal(status, Reason.PipelockRefused, rule, host, PORT);
  }
}
