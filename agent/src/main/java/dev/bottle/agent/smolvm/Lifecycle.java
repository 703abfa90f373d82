package dev.bottle.agent.smolvm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lifecycle operation at a time for each machine: smolvm does not fence start, stop, delete and
 * update against each other and loses updates (smolvm.md §1.13).
 */
final class Lifecycle {
  // Never shrinks: one small lock for each machine that this agent process has seen.
  private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  /** Waits for the machine's turn; the turn ends at close. */
  Turn of(String machine) throws InterruptedException {
    ReentrantLock lock = locks.computeIfAbsent(machine, name -> new ReentrantLock(true));
    lock.lockInterruptibly();
    return new Turn(lock);
  }

  record Turn(ReentrantLock lock) implements AutoCloseable {
    @Override
    public void close() {
      lock.unlock();
    }
  }
}
