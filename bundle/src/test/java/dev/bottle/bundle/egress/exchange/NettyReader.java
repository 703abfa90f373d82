package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.refusal.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads with a decoder of Netty's, whole or byte by byte. */
final class NettyReader {
  static final String HOST = "h";

  /** Behind the last chunk comes the empty line. */
  private static final Pattern NO_TRAILERS = Pattern.compile("\\n0[^\\n]*\\n\\r\\n$");

  private final EmbeddedChannel channel;
  private final boolean strict;
  private final EmbeddedChannel onward = new EmbeddedChannel(new HttpRequestEncoder());
  private final List<Reading.Request> requests = new ArrayList<>();
  private final StringBuilder body = new StringBuilder();
  private final StringBuilder forwarded = new StringBuilder();
  private @Nullable HttpRequest head;
  private boolean refused;
  private boolean chunked;
  private boolean trailers;
  private int end;

  private NettyReader(ChannelHandler decoder, boolean strict) {
    this.channel = new EmbeddedChannel(decoder);
    this.strict = strict;
  }

  /** As egress reads in a tunnel to {@link #HOST}. */
  static NettyReader ours() {
    return new NettyReader(new StrictRequestDecoder(), true);
  }

  /** As forgiving as Netty can be. */
  static NettyReader forgiving() {
    return new NettyReader(
        new HttpRequestDecoder(
            new HttpDecoderConfig()
                .setStrictLineParsing(false)
                .setAllowDuplicateContentLengths(true)
                .setValidateHeaders(false)),
        false);
  }

  /** Gives it all of these in pieces of this size. */
  NettyReader read(String bytes, int size) {
    for (int at = 0; at < bytes.length() && !refused; at += size) {
      int to = Math.min(bytes.length(), at + size);
      int before = requests.size();
      channel.writeInbound(
          Unpooled.copiedBuffer(bytes.substring(at, to), StandardCharsets.ISO_8859_1));
      for (Object each = channel.readInbound(); each != null; each = channel.readInbound()) {
        if (!refused) {
          take(each);
        }
        ReferenceCountUtil.release(each);
      }
      if (requests.size() > before) {
        trailers |= chunked && !NO_TRAILERS.matcher(bytes.substring(end, to)).find();
        end = to;
      }
    }
    return this;
  }

  private void take(Object message) {
    if (message instanceof HttpRequest request) {
      Optional<Refusal> refusal =
          strict
              ? RequestRules.refusal(request, HOST)
              : RequestRules.undecodable(request.decoderResult(), HOST, 443);
      refused = refusal.isPresent();
      head = request;
      body.setLength(0);
    }
    HttpRequest now = head;
    if (message instanceof HttpContent content && now != null && !refused) {
      refused = content.decoderResult().isFailure();
      body.append(content.content().toString(StandardCharsets.ISO_8859_1));
      if (message instanceof LastHttpContent && !refused) {
        chunked = HttpUtil.isTransferEncodingChunked(now);
        head = null;
        requests.add(
            new Reading.Request(
                now.method().name(),
                now.uri(),
                String.join(",", now.headers().getAll(HttpHeaderNames.HOST)),
                body.toString()));
        forward(now, body.toString());
      }
    }
  }

  private void forward(HttpRequest request, String content) {
    if (!strict) {
      return;
    }
    onward.writeOutbound(Heads.request(request, HOST));
    if (!content.isEmpty()) {
      onward.writeOutbound(
          new DefaultHttpContent(Unpooled.copiedBuffer(content, StandardCharsets.ISO_8859_1)));
    }
    onward.writeOutbound(LastHttpContent.EMPTY_LAST_CONTENT);
    for (ByteBuf out = onward.readOutbound(); out != null; out = onward.readOutbound()) {
      forwarded.append(out.toString(StandardCharsets.ISO_8859_1));
      out.release();
    }
  }

  /** What it made of it. */
  Reading reading() {
    return new Reading(List.copyOf(requests), refused);
  }

  /**
   * Whether one of the complete requests had trailers, also such as Netty ignores; exact when they
   * were read byte by byte.
   */
  boolean trailers() {
    return trailers;
  }

  /** How many bytes the complete requests have; exact when they were read byte by byte. */
  int end() {
    return end;
  }

  /** The complete requests as egress sends them on. */
  String forwarded() {
    return forwarded.toString();
  }
}
