package dev.bottle.bundle.egress.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Marks the answers that pipelock gives itself. From 2.4 on it does so with {@link #MARK}; before,
 * only the first words of its text tell them from an origin's, so the head of what may be one waits
 * for the first part of its body. An origin that writes the same words is refused its own refusal,
 * and counted: nothing is gained by it.
 */
public final class PipelockAnswers extends ChannelInboundHandlerAdapter {
  /** The header of pipelock's answers, and never of an origin's. */
  public static final String MARK = "X-Pipelock-Block-Reason";

  /** Marks that are ours, for what has a remedy of its own. */
  public static final String TOO_LARGE = "bottle-response-too-large";

  /** A compressed body, which it cannot read. */
  public static final String COMPRESSED = "bottle-compressed";

  /** The host could not be reached, or its certificate is not valid. */
  public static final String UPSTREAM = "bottle-upstream";

  private static final String OTHER = "bottle-blocked";
  private static final Set<Integer> STATUSES = Set.of(403, 429, 502);
  private static final int ENOUGH = 256;

  /** Of 2.3.0: internal/proxy/intercept.go. */
  private static final Map<String, String> WORDS =
      Map.of(
          "blocked: response too large", TOO_LARGE,
          "blocked: compressed response", COMPRESSED,
          "blocked: ", OTHER,
          "authority mismatch: blocked", OTHER,
          "upstream error\n", UPSTREAM);

  private @Nullable HttpResponse held;

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpResponse head && mayBeOurs(head)) {
      held = head;
      return;
    }
    HttpResponse waiting = held;
    if (waiting != null) {
      held = null;
      if (message instanceof HttpContent content) {
        mark(waiting, content.content());
      }
      context.fireChannelRead(waiting);
    }
    context.fireChannelRead(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (held != null) {
      context.read(); // whoever asked for a message got none
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    HttpResponse waiting = held;
    held = null;
    if (waiting != null) {
      context.fireChannelRead(waiting);
    }
    context.fireChannelInactive();
  }

  private static boolean mayBeOurs(HttpResponse head) {
    return STATUSES.contains(head.status().code())
        && !head.headers().contains(MARK)
        && head.headers().get(HttpHeaderNames.CONTENT_TYPE, "").startsWith("text/plain");
  }

  private static void mark(HttpResponse head, ByteBuf body) {
    String text =
        body.toString(
            body.readerIndex(),
            Math.min(body.readableBytes(), ENOUGH),
            StandardCharsets.ISO_8859_1);
    WORDS.keySet().stream()
        .filter(text::startsWith)
        .max(Comparator.comparingInt(String::length))
        .ifPresent(words -> head.headers().set(MARK, WORDS.get(words)));
  }
}
