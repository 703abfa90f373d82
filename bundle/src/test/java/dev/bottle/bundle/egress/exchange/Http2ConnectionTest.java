package dev.bottle.bundle.egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.bundle.egress.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class Http2ConnectionTest {
  /** SETTINGS without any, then the head {@code :status 200} of the first stream (RFC 9113). */
  private static final String ANSWER = "000000040000000000" + "000001010400000003" + "88";

  /** Five bytes of its body, twice, and more to come. */
  private static final String BODY = "000005000000000003" + "68656c6c6f";

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Pulled pulled = new Pulled();

  private static final class Pulled implements UpstreamConnection.Listener {
    private final List<Object> messages = new ArrayList<>();

    @Override
    public void received(Object message) {
      messages.add(message);
    }

    @Override
    public void ended() {}

    @Override
    public void writable() {}
  }

  @Test
  void whatCameAndNobodyReadIsGivenBackWhenTheExchangeIsCut() {
    channel.pipeline().addLast("failure", new ChannelInboundHandlerAdapter());
    Http2Connection connection =
        new Http2Connection(new Upstream(channel, List.of(), null), pulled);
    connection.begin(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/large"));
    channel.writeInbound(bytes(ANSWER));
    ByteBuf body = bytes(BODY + BODY);
    channel.writeInbound(body);
    assertThat(pulled.messages).singleElement().isInstanceOf(HttpResponse.class);
    assertThat(body.refCnt()).isPositive();

    connection.close();

    assertThat(body.refCnt()).isZero();
    assertThat(channel.isOpen()).isFalse();
    pulled.messages.forEach(ReferenceCountUtil::release);
    channel.finishAndReleaseAll();
  }

  private static ByteBuf bytes(String hex) {
    return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
  }
}
