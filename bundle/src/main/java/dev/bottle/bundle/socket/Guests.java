package dev.bottle.bundle.socket;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.Iterator;

/** The open connections of a door. Safe for threads. */
public final class Guests implements Iterable<Channel> {
  private final int most;
  private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  /** At most so many at a time. */
  public Guests(int most) {
    this.most = most;
  }

  /** Whether there is room for it; otherwise it is closed. */
  public boolean admit(Channel guest) {
    open.add(guest);
    if (open.size() > most) {
      var _ = guest.close();
      return false;
    }
    return true;
  }

  @Override
  public Iterator<Channel> iterator() {
    return open.iterator();
  }

  /** Closes every connection. */
  public void closeAll() {
    open.close().awaitUninterruptibly();
  }
}
