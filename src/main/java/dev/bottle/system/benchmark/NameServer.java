package dev.bottle.system.benchmark;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.NetUtil;

/** Every name is the origin's. */
final class NameServer extends SimpleChannelInboundHandler<DatagramDnsQuery> {
  private static final int DNS = 53;
  private static final int TTL_SECONDS = 60;

  private NameServer() {}

  /** Answers on every address until these loops end. */
  static void listen(EventLoopGroup loops) {
    new Bootstrap()
        .group(loops)
        .channel(NioDatagramChannel.class)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(new DatagramDnsQueryDecoder())
                    .addLast(new DatagramDnsResponseEncoder())
                    .addLast(new NameServer());
              }
            })
        .bind(DNS)
        .syncUninterruptibly();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
    DnsQuestion question = query.recordAt(DnsSection.QUESTION);
    DatagramDnsResponse answer =
        new DatagramDnsResponse(
            /* sender= */ query.recipient(), /* recipient= */ query.sender(), query.id());
    answer.addRecord(DnsSection.QUESTION, question);
    if (question.type().equals(DnsRecordType.A)) {
      answer.addRecord(
          DnsSection.ANSWER,
          new DefaultDnsRawRecord(
              question.name(),
              DnsRecordType.A,
              TTL_SECONDS,
              Unpooled.wrappedBuffer(
                  NetUtil.createByteArrayFromIpAddressString(Namespace.ORIGIN))));
    }
    var _ = context.writeAndFlush(answer);
  }
}
