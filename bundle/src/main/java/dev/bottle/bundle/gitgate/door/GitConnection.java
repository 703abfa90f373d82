package dev.bottle.bundle.gitgate.door;

import dev.bottle.bundle.gitgate.repository.Repository;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the guest's: one exchange after the other. Nothing is read that nobody asked
 * for: a request when there is none, and of its body what its exchange asks for.
 */
final class GitConnection extends SimpleChannelInboundHandler<HttpObject> {
  private final Service service;
  private volatile @Nullable Exchange exchange;
  private boolean ending;

  GitConnection(Service service) {
    this.service = service;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    context.read();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (ending) {
      return;
    }
    if (message.decoderResult().isFailure()) {
      answer(context, Answer.plain(HttpResponseStatus.BAD_REQUEST, "git-gate: a broken request"));
    } else if (message instanceof HttpRequest head) {
      begin(context, head);
    } else if (message instanceof HttpContent content && exchange != null) {
      exchange
          .body()
          .arrived(ByteBufUtil.getBytes(content.content()), message instanceof LastHttpContent);
    }
  }

  private void begin(ChannelHandlerContext context, HttpRequest head) {
    Optional<GitRequest> request = GitRequest.of(head);
    if (request.isEmpty()) {
      boolean lfs = head.uri().contains(".git/info/lfs");
      refuse(
          context,
          GitRequest.guess(head.uri()),
          lfs ? "LfsNotSupported" : "RequestNotAllowed",
          lfs ? "git-gate has no LFS; commit the file itself" : "git-gate has no such resource");
      return;
    }
    Optional<Repository> repository = service.repositories().find(request.get().name());
    if (repository.isEmpty()) {
      refuse(
          context,
          request.get().name(),
          "UnknownUpstream",
          "this Bottle has no git upstream of this name");
      return;
    }
    if (!service.room().tryAcquire()) {
      answer(
          context,
          Answer.plain(HttpResponseStatus.SERVICE_UNAVAILABLE, "too much git at once; try again"));
      return;
    }
    exchange =
        new Exchange(
            service, request.get(), head.headers().copy(), repository.get(), context.channel());
    exchange.start();
  }

  private void refuse(ChannelHandlerContext context, String upstream, String rule, String message) {
    service.denials().tell(upstream, null, rule, null, false);
    answer(context, Answer.plain(HttpResponseStatus.NOT_FOUND, message));
  }

  private void answer(ChannelHandlerContext context, FullHttpResponse answer) {
    ending = true;
    var _ = context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
  }

  /** The exchange if one is under way. */
  @Nullable Exchange exchange() {
    return exchange;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == exchange) {
      exchange = null;
      context.read();
    } else if (event instanceof IdleStateEvent && exchange == null) {
      var _ = context.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (exchange != null) {
      exchange.cancel();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }
}
