package dev.bottle.agent.machine;

import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.condition.Reason;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Commands that people run in one machine: at most four at once, because with eight sessions a
 * machine stops answering and two are ours (smolvm.md §1.8).
 */
final class PeopleSessions {
  private static final int LIMIT = 4;

  private final MachineRuntime runtime;
  private final String machine;
  private final Semaphore permits = new Semaphore(LIMIT);

  PeopleSessions(MachineRuntime runtime, String machine) {
    this.runtime = runtime;
    this.machine = machine;
  }

  RunningCommand open(List<String> argv) throws RuntimeFailure {
    if (!permits.tryAcquire()) {
      throw new RuntimeFailure(
          Reason.TooManySessions, LIMIT + " commands run in this machine already.");
    }
    boolean opened = false;
    try {
      RunningCommand command =
          new Session(runtime.open(machine, argv), permits, new AtomicBoolean());
      opened = true;
      return command;
    } finally {
      if (!opened) {
        permits.release();
      }
    }
  }

  private record Session(RunningCommand command, Semaphore permits, AtomicBoolean ended)
      implements RunningCommand {
    @Override
    public OutputStream stdin() {
      return command.stdin();
    }

    @Override
    public InputStream stdout() {
      return command.stdout();
    }

    @Override
    public InputStream stderr() {
      return command.stderr();
    }

    @Override
    public int await() throws InterruptedException {
      return command.await();
    }

    @Override
    public void kill() throws InterruptedException {
      try {
        command.kill();
      } finally {
        if (ended.compareAndSet(false, true)) {
          permits.release();
        }
      }
    }
  }
}
