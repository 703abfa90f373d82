package dev.bottle.agent.control;

import dev.bottle.agent.host.Pinned;
import dev.bottle.crd.control.ControlReader;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.json.MalformedDocumentException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stays connected to the control socket of one daemon, for as long as its Pod is current. The
 * daemon is not trusted: lines are capped, the listener's user is checked, and nothing is sent but
 * what is in its outbox, when it has one.
 */
public final class ControlConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);
  private static final Duration LAST_RETRY = Duration.ofSeconds(5);

  /**
   * A connection that lived shorter is no success: else one that always ends is made anew at once.
   */
  private static final Duration SETTLED = LAST_RETRY;

  /** Each state costs a look at the node and may cost a write; a daemon has few to tell. */
  private static final Duration BETWEEN_STATES = Duration.ofMillis(20);

  private final Path socket;
  private final Daemon daemon;
  private final ControlListener listener;
  private final Optional<Outbox> outbox;
  private final Duration settled;
  private final Thread thread;
  private volatile boolean closed;

  /** Connects at once and again whenever the connection ends. */
  public ControlConnection(Path socket, Daemon daemon, ControlListener listener) {
    this(socket, daemon, listener, Optional.empty());
  }

  /** The same, and says what is in the outbox. */
  public ControlConnection(
      Path socket, Daemon daemon, ControlListener listener, Optional<Outbox> outbox) {
    this(socket, daemon, listener, outbox, SETTLED);
  }

  /**
   * The same.
   *
   * @param settled how long a connection must last for the next one to be tried soon
   */
  ControlConnection(
      Path socket,
      Daemon daemon,
      ControlListener listener,
      Optional<Outbox> outbox,
      Duration settled) {
    this.outbox = outbox;
    this.settled = settled;
    this.socket = socket;
    this.daemon = daemon;
    this.listener = listener;
    this.thread =
        Thread.ofVirtual().name("control-" + daemon.wireName()).start(this::stayConnected);
  }

  /** Ends the connection; nothing is heard after it. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt(); // closes a channel that the thread blocks in
  }

  private void stayConnected() {
    Duration retry = FIRST_RETRY;
    boolean told = false;
    while (!closed) {
      Progress progress = new Progress();
      long begun = System.nanoTime();
      try {
        converse(progress);
      } catch (IOException e) {
        told = told || tell(progress, String.valueOf(e.getMessage()));
      } catch (RuntimeException e) { // of our own making; the daemon is heard again all the same
        LOG.atError().addKeyValue("daemon", daemon.wireName()).setCause(e).log("listening failed");
      }
      if (progress.heard) {
        // Told only if the very next attempt fails: a daemon that restarts is not worth a write.
        told = false;
        if (System.nanoTime() - begun >= settled.toNanos()) {
          retry = FIRST_RETRY;
        }
      }
      try {
        Thread.sleep(retry);
      } catch (InterruptedException stop) {
        return;
      }
      retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
    }
  }

  private boolean tell(Progress progress, String why) {
    if (closed || progress.heard) {
      return false;
    }
    listener.lost(why);
    return true;
  }

  private static final class Progress {
    private boolean heard;
  }

  private void converse(Progress progress) throws IOException {
    Path directory = socket.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(socket + " has no directory");
    }
    // Pinned: the daemon may put a link to another socket in its place between look and dial.
    try (Pinned volume = Pinned.trusted(directory);
        Pinned door = volume.below(String.valueOf(socket.getFileName()));
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      Pinned.Facts facts = door.facts();
      if (!facts.isSocket() || !isDaemon(Integer.toString(facts.uid()))) {
        throw new IOException(socket + " is not a socket of " + daemon.wireName());
      }
      channel.connect(UnixDomainSocketAddress.of(door.path()));
      String peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
      if (!isDaemon(peer)) {
        throw new IOException(socket + " is served by user " + peer);
      }
      Optional<Thread> speaker =
          outbox.map(box ->
              Thread.ofVirtual()
                  .name("outbox-" + daemon.wireName())
                  .start(() -> speak(box, channel)));
      try {
        listen(channel, progress);
      } finally {
        speaker.ifPresent(Thread::interrupt);
      }
    } catch (MalformedDocumentException e) {
      throw new IOException(daemon.wireName() + " sent a control line that is not understood", e);
    }
    throw new IOException(daemon.wireName() + " closed its control socket");
  }

  private void listen(SocketChannel channel, Progress progress)
      throws IOException, MalformedDocumentException {
    ControlReader reader = new ControlReader(Channels.newInputStream(channel));
    for (var next = reader.next(); next.isPresent(); next = reader.next()) {
      if (!next.get().daemon().equals(daemon.wireName())) {
        throw new IOException(socket + " speaks for " + next.get().daemon());
      }
      progress.heard = true;
      if (!closed) {
        listener.heard(next.get());
      }
      if (next.get() instanceof DaemonState) {
        pause(BETWEEN_STATES);
      }
    }
  }

  /** On a thread of its own: a daemon that does not read keeps nobody else waiting. */
  private static void speak(Outbox outbox, SocketChannel channel) {
    Set<Decision> said = new HashSet<>();
    try (channel) { // what cannot be said here is said on the next connection
      while (true) {
        for (Decision next : outbox.await(said)) {
          ByteBuffer line = ByteBuffer.wrap(next.toLine());
          while (line.hasRemaining()) {
            channel.write(line);
          }
          said.add(next);
        }
      }
    } catch (IOException | InterruptedException ended) {
      LOG.debug("nothing more is said to a daemon: {}", ended.getMessage());
    }
  }

  private static void pause(Duration pause) throws IOException {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("closed", e);
    }
  }

  private boolean isDaemon(String user) {
    return user.equals(Long.toString(daemon.user())) || user.equals("root") || user.equals("0");
  }
}
