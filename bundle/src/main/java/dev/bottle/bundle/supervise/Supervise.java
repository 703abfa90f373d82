package dev.bottle.bundle.supervise;

import dev.bottle.bundle.alarm.Alarm;
import dev.bottle.bundle.policy.PolicyFile;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.bundle.supervise.mcp.McpDoor;
import dev.bottle.bundle.supervise.mcp.McpServer;
import dev.bottle.bundle.watch.DirectoryWatch;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.Policy;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A running supervise: both sockets bound, the queue read, the policy watched. */
public final class Supervise implements AutoCloseable {
  /** What this process is called. */
  public static final String DAEMON = "supervise";

  private static final long FAREWELL_MILLIS = 500;

  private final Deque<Channel> listeners = new ArrayDeque<>();
  private final EventLoopGroup loops;
  private @Nullable DirectoryWatch watch;
  private @Nullable McpDoor door;
  private @Nullable OpenBoard board;
  private volatile Optional<Policy> policy = Optional.empty();

  /**
   * Starts, or leaves nothing behind and says why not.
   *
   * @param loops closed with this
   * @param alarm by the same clock
   */
  public Supervise(SuperviseOptions options, EventLoopGroup loops, Clock clock, Alarm alarm)
      throws IOException {
    this.loops = loops;
    try {
      start(options, clock, alarm);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private void start(SuperviseOptions options, Clock clock, Alarm alarm) throws IOException {
    ControlServer control =
        new ControlServer(
            loops.next(),
            new DaemonState(
                DAEMON, false, null, Reason.WaitingForDaemons.name(), "starting", List.of()));
    OpenBoard open = new OpenBoard(options.queue(), clock, alarm, control);
    board = open;
    McpDoor opened = new McpDoor(new McpServer(new BottleTools(open.desk(), clock, () -> policy)));
    door = opened;
    // The door before the state that calls it ready.
    listeners.push(opened.listen(loops, options.door()));
    PolicyFile file = new PolicyFile(options.policy(), enforcer(control));
    watch = new DirectoryWatch(file.folder(), "policy", file::load);
    listeners.push(control.listen(options.control(), open));
  }

  /** Listens no more, closes every connection, ends the threads; the queue stays. */
  @Override
  public void close() throws IOException {
    if (watch != null) {
      watch.close();
    }
    listeners.forEach(listener -> listener.close().awaitUninterruptibly());
    if (door != null) {
      door.closeAll();
    }
    if (board != null) {
      board.close();
    }
    loops
        .shutdownGracefully(0, FAREWELL_MILLIS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(2 * FAREWELL_MILLIS);
  }

  /** Nothing is enforced here: the policy is what the agent may ask about. */
  private PolicyFile.Enforcer enforcer(ControlServer control) {
    return new PolicyFile.Enforcer() {
      @Override
      public void enforce(byte[] document) throws MalformedDocumentException {
        policy = Optional.of(Policy.parse(document));
      }

      @Override
      public void tell(@Nullable String hash, @Nullable String fault) {
        control.send(
            new DaemonState(
                DAEMON,
                hash != null,
                hash,
                fault == null ? null : Reason.PolicyInvalid.name(),
                fault,
                List.of()));
      }
    };
  }
}
