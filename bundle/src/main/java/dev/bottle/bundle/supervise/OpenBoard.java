package dev.bottle.bundle.supervise;

import dev.bottle.bundle.alarm.Alarm;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.bundle.socket.ControlTalk;
import dev.bottle.bundle.supervise.request.Request;
import dev.bottle.bundle.supervise.request.RequestDesk;
import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.Decision;
import dev.bottle.crd.control.OpenRequests;
import dev.bottle.crd.control.RequestOpen;
import dev.bottle.crd.json.MalformedDocumentException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Between the desk and the node agent: tells which requests are open, at every change and when one
 * expires, and gives the desk what people decided.
 */
final class OpenBoard implements ControlTalk, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenBoard.class);

  private final RequestDesk desk;
  private final ControlServer control;
  private final Alarm alarm;
  private @Nullable Runnable callOff;
  private boolean closed;

  /** What a new connection is told; written under the lock, read by the event loop. */
  private volatile List<ControlMessage> told = List.of();

  /**
   * Opens the desk of this directory.
   *
   * @param alarm by the same clock
   */
  OpenBoard(Path queue, Clock clock, Alarm alarm, ControlServer control) throws IOException {
    this.control = control;
    this.alarm = alarm;
    this.desk = new RequestDesk(queue, clock, this::tell);
    tell();
  }

  RequestDesk desk() {
    return desk;
  }

  @Override
  public List<ControlMessage> greeting() {
    return told;
  }

  @Override
  public int maxLineBytes() {
    return Decision.MAX_LINE_BYTES;
  }

  /** That it is about what was asked, and is the first, is the desk's to say. */
  @Override
  public void heard(byte[] line) throws MalformedDocumentException, IOException {
    Decision decision = Decision.parse(line);
    String state =
        desk.decide(decision.id(), decision.hash(), decision.approved(), decision.note())
            .map(request -> request.state().name())
            .orElse("unknown");
    LOG.atInfo()
        .addKeyValue("request", decision.id())
        .addKeyValue("state", state)
        .log("a decision came");
  }

  /** Under a lock from the look to the last word, so that what is said last is what holds. */
  private synchronized void tell() {
    if (closed) {
      return;
    }
    List<Request> open = desk.open();
    Set<ControlMessage> before = Set.copyOf(told);
    List<ControlMessage> now = new ArrayList<>(open.stream().map(OpenBoard::message).toList());
    now.add(new OpenRequests(Supervise.DAEMON, open.stream().map(Request::id).toList()));
    told = List.copyOf(now);
    now.stream().filter(message -> !before.contains(message)).forEach(control::send);
    awaitEnd(open);
  }

  private static ControlMessage message(Request request) {
    return new RequestOpen(
        Supervise.DAEMON,
        request.id(),
        request.ask(),
        request.reason(),
        request.createdSeconds(),
        request.expiresSeconds());
  }

  private void awaitEnd(List<Request> open) {
    if (callOff != null) {
      callOff.run();
    }
    callOff = null;
    open.stream()
        .mapToLong(Request::expiresSeconds)
        .min()
        .ifPresent(end -> callOff = alarm.at(Instant.ofEpochSecond(end), this::ended));
  }

  /** The desk may be busy with the disk, and an alarm must not wait. */
  private void ended() {
    Thread.ofVirtual().name("expiry").start(this::tell);
  }

  /** Tells nothing more. */
  @Override
  public synchronized void close() {
    closed = true;
    if (callOff != null) {
      callOff.run();
    }
  }
}
