package dev.bottle.bundle.egress;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;

/**
 * How much memory connections may use: a TLS record is 16 KiB, and one on its way in, one on its
 * way out and one that waits are enough to keep a tunnel busy. Netty's defaults suit servers with
 * more memory than the whole Pod of this process has.
 */
public final class Buffers {
  /** Of outgoing bytes that wait, when to stop asking for more and when to go on. */
  public static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(16 * 1024, 32 * 1024);

  private static final int PAGE = 8 * 1024;

  /** Chunks of 512 KiB instead of 4 MiB. */
  private static final int MAX_ORDER = 6;

  /** One pool of direct memory for each event loop, none of the heap, nothing kept per thread. */
  public static final ByteBufAllocator POOL =
      new PooledByteBufAllocator(true, 0, EgressMain.THREADS, PAGE, MAX_ORDER, 0, 0, false);

  private Buffers() {}

  /** Reads of at most a record; it learns the size of each channel apart. */
  public static RecvByteBufAllocator reads() {
    return new AdaptiveRecvByteBufAllocator(512, 4 * 1024, 16 * 1024);
  }
}
