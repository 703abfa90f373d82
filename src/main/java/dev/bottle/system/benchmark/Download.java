package dev.bottle.system.benchmark;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/** One large answer, thrown away. */
final class Download extends Conversation {
  private final long bytes;
  private long received;

  Download(Way way, long bytes) {
    super(way);
    this.bytes = bytes;
  }

  @Override
  void begin(ChannelHandlerContext context) {
    var _ = context.writeAndFlush(get("/bytes/" + bytes));
  }

  @Override
  void body(ByteBuf part) {
    received += part.readableBytes();
  }

  @Override
  void answered(ChannelHandlerContext context) {
    if (received == bytes) {
      finish();
    } else {
      fail("the body has " + received + " bytes");
    }
  }
}
