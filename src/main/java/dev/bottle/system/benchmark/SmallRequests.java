package dev.bottle.system.benchmark;

import io.netty.channel.ChannelHandlerContext;
import org.HdrHistogram.Histogram;

/** One small request after the other. */
final class SmallRequests extends Conversation {
  private final Histogram durations;
  private int count;
  private long start;

  SmallRequests(Way way, int count, Histogram durations) {
    super(way);
    this.count = count;
    this.durations = durations;
  }

  @Override
  void begin(ChannelHandlerContext context) {
    start = System.nanoTime();
    var _ = context.writeAndFlush(get("/v1/small"));
  }

  @Override
  void answered(ChannelHandlerContext context) {
    durations.recordValue(System.nanoTime() - start);
    count--;
    if (count > 0) {
      begin(context);
    } else {
      finish();
    }
  }
}
