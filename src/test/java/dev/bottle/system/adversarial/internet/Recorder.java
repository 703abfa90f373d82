package dev.bottle.system.adversarial.internet;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;

/** Writes down every byte that comes by, of what is very long the beginning, and passes it on. */
final class Recorder extends ChannelInboundHandlerAdapter {
  /** More than any case needs but those that are about length. */
  private static final int MOST = 10 * 1024 * 1024;

  private final Ledger record;
  private final String sink;
  private final int connection;
  private int recorded;

  Recorder(Ledger record, String sink, int connection) {
    this.record = record;
    this.sink = sink;
    this.connection = connection;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes && recorded < MOST) {
      recorded += bytes.readableBytes();
      record.bytes(sink, connection, bytes.toString(StandardCharsets.ISO_8859_1));
    }
    context.fireChannelRead(message);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }
}
