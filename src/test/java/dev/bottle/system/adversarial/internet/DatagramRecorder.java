package dev.bottle.system.adversarial.internet;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.nio.charset.StandardCharsets;

/** Writes down every datagram, as a connection of its own, and answers none. */
@Sharable
final class DatagramRecorder extends SimpleChannelInboundHandler<DatagramPacket> {
  private final Ledger record;

  DatagramRecorder(Ledger record) {
    this.record = record;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
    String sink = "udp:" + packet.recipient().getPort();
    int number = record.opened(sink);
    record.bytes(sink, number, packet.content().toString(StandardCharsets.ISO_8859_1));
  }
}
