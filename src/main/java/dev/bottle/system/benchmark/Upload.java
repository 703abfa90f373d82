package dev.bottle.system.benchmark;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;

/** One large body, as fast as it is taken. */
final class Upload extends Conversation {
  private static final int CHUNK = 64 * 1024;

  private final Body body;
  private final ByteBuf bytes;
  private final long length;
  private long sent;
  private boolean begun;

  Upload(Way way, Body body, int times) {
    super(way);
    this.body = body;
    this.bytes = Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(body.bytes()));
    this.length = (long) body.bytes().length * times;
  }

  @Override
  void begin(ChannelHandlerContext context) {
    HttpRequest head = post("/v1/upload", body.contentType(), length);
    if (!body.coding().isEmpty()) {
      head.headers().set(HttpHeaderNames.CONTENT_ENCODING, body.coding());
    }
    var _ = context.write(head);
    begun = true;
    pour(context);
  }

  private void pour(ChannelHandlerContext context) {
    while (begun && sent < length && context.channel().isWritable()) {
      int from = (int) (sent % bytes.readableBytes());
      int count = Math.min(CHUNK, bytes.readableBytes() - from);
      sent += count;
      var _ = context.write(new DefaultHttpContent(bytes.retainedSlice(from, count)));
      if (sent == length) {
        var _ = context.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
      context.flush();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    pour(context);
  }

  @Override
  void answered(ChannelHandlerContext context) {
    if (sent == length) {
      finish();
    } else {
      fail("answered after " + sent + " bytes");
    }
  }
}
