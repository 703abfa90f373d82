package dev.bottle.agent.report;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The latest status of one Bottle and the thread that writes it. Changes that come while a write is
 * under way are written together; a status that equals the written one is not written.
 */
public final class StatusBoard implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatusBoard.class);
  private static final Duration COALESCE = Duration.ofMillis(20);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofSeconds(30);

  private final BottleRef bottle;
  private final StatusWriter writer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread thread;

  private final Pace pace = new Pace();
  private AgentStatus latest;
  private AgentStatus written;

  /**
   * Writes nothing until something differs.
   *
   * @param initial what the API server has
   */
  public StatusBoard(BottleRef bottle, AgentStatus initial, StatusWriter writer) {
    this.bottle = bottle;
    this.writer = writer;
    this.latest = initial;
    this.written = initial;
    this.thread = Thread.ofVirtual().name("status-" + bottle).unstarted(this::writeChanges);
    thread.start();
  }

  /** The latest status, written or not. */
  public AgentStatus current() {
    lock.lock();
    try {
      return latest;
    } finally {
      lock.unlock();
    }
  }

  /** Changes it; the write happens later. */
  public void update(UnaryOperator<AgentStatus> change) {
    lock.lock();
    try {
      latest = change.apply(latest);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void writeChanges() {
    Duration retry = FIRST_RETRY;
    try {
      while (true) {
        AgentStatus next = awaitChange();
        try {
          writer.write(bottle, next);
          remember(next);
          retry = FIRST_RETRY;
          Thread.sleep(pace.next());
        } catch (BottleGoneException e) {
          LOG.atDebug().addKeyValue("bottle", bottle).log("status not written: it is gone");
          remember(next);
        } catch (RuntimeException e) {
          LOG.atWarn()
              .addKeyValue("bottle", bottle)
              .addKeyValue("error", e.getMessage())
              .log("status not written, will be tried again");
          TimeUnit.NANOSECONDS.sleep(retry.toNanos());
          retry =
              retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
        }
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private AgentStatus awaitChange() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (latest.equals(written)) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
    Thread.sleep(COALESCE);
    return current();
  }

  private void remember(AgentStatus status) {
    lock.lock();
    try {
      written = status;
    } finally {
      lock.unlock();
    }
  }

  /** Stops writing; what is not written yet is lost. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
