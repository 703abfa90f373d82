package dev.bottle.bundle.egress.door;

import dev.bottle.bundle.egress.exchange.Tunnel;
import dev.bottle.bundle.egress.policy.Enforcement;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The tunnels that are open. */
public final class Tunnels {
  private final int capacity;
  private final AtomicInteger count = new AtomicInteger();
  private final Map<Channel, Tunnel> open = new ConcurrentHashMap<>();

  /** At most so many at once. */
  public Tunnels(int capacity) {
    this.capacity = capacity;
  }

  /** On the guest channel's event loop; false when there are too many. It leaves by itself. */
  boolean enter(Channel guest, Tunnel tunnel) {
    if (count.incrementAndGet() > capacity) {
      count.decrementAndGet();
      return false;
    }
    open.put(guest, tunnel);
    guest
        .closeFuture()
        .addListener(_ -> {
          open.remove(guest);
          count.decrementAndGet();
        });
    return true;
  }

  /**
   * Closes every tunnel that this policy, which is already in force, does not allow; returns when
   * it is done. Each event loop does its own: whatever it decides later, it decides by the new
   * policy.
   */
  public void enforce(Enforcement enforcement, EventLoopGroup loops) {
    begin(enforcement, loops).forEach(Future::awaitUninterruptibly);
  }

  /**
   * The same for an event loop, which may not wait: what completes as each loop has done its own.
   */
  public List<Future<?>> begin(Enforcement enforcement, EventLoopGroup loops) {
    List<Future<?>> done = new ArrayList<>();
    for (EventExecutor loop : loops) {
      done.add(
          loop.submit(() ->
              open.forEach((guest, tunnel) -> {
                if (guest.eventLoop().inEventLoop()) {
                  tunnel.enforce(enforcement);
                }
              })));
    }
    return done;
  }
}
