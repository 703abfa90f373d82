package dev.bottle.system.adversarial.internet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/** Answers for the whole internet, and lies as an attacker's name server would. */
final class NameServer extends SimpleChannelInboundHandler<DatagramDnsQuery> {
  private static final String CANONICAL = "kubernetes.default.svc.cluster.local";

  private final Ledger record;
  private final AtomicBoolean rebound = new AtomicBoolean();

  NameServer(Ledger record) {
    this.record = record;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
    DnsQuestion question = query.recordAt(DnsSection.QUESTION);
    String asked = question.name().toLowerCase(Locale.ROOT);
    String name = asked.endsWith(".") ? asked.substring(0, asked.length() - 1) : asked;
    record.query(name);
    DatagramDnsResponse answer =
        new DatagramDnsResponse(
            /* sender= */ query.recipient(), /* recipient= */ query.sender(), query.id());
    answer.addRecord(DnsSection.QUESTION, question);
    String owner = question.name();
    if (name.equals(Hosts.ALIAS)) {
      answer.addRecord(DnsSection.ANSWER, record(owner, DnsRecordType.CNAME, canonical()));
      owner = CANONICAL + ".";
      name = "service.example.org";
    }
    String address =
        name.equals(Hosts.REBINDING) && question.type().equals(DnsRecordType.A)
            ? (rebound.getAndSet(true) ? "10.0.0.1" : Hosts.ORIGIN)
            : Hosts.address(name);
    DnsRecordType type = address.contains(":") ? DnsRecordType.AAAA : DnsRecordType.A;
    if (question.type().equals(type)) {
      byte[] bytes = Objects.requireNonNull(NetUtil.createByteArrayFromIpAddressString(address));
      answer.addRecord(DnsSection.ANSWER, record(owner, type, Unpooled.wrappedBuffer(bytes)));
    }
    var _ = context.writeAndFlush(answer);
  }

  private static DnsRecord record(String owner, DnsRecordType type, ByteBuf content) {
    return new DefaultDnsRawRecord(owner, type, 0, content);
  }

  private static ByteBuf canonical() {
    ByteBuf name = Unpooled.buffer();
    for (String label : CANONICAL.split("\\.", -1)) {
      name.writeByte(label.length());
      name.writeCharSequence(label, StandardCharsets.US_ASCII);
    }
    return name.writeByte(0);
  }
}
