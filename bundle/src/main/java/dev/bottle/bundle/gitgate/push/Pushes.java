package dev.bottle.bundle.gitgate.push;

import dev.bottle.bundle.gitgate.GitGateLimits;
import dev.bottle.bundle.gitgate.program.Deadline;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.repository.Repository;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets git receive pushes, and answers the hook that it runs for each. */
public final class Pushes {
  private static final Logger LOG = LoggerFactory.getLogger(Pushes.class);
  private static final int PULSE_SECONDS = 5;
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("push-pulse").factory());

  private final Workshop workshop;
  private final Review review;
  private final GitGateLimits limits;
  private final Refusals refusals;

  /** Is told of each refused push. */
  @FunctionalInterface
  public interface Refusals {
    /** Tells people. */
    void tell(Repository repository, PushRefused refusal);
  }

  /** Runs git receive-pack, and returns when it has ended. */
  @FunctionalInterface
  public interface Receive {
    /**
     * Runs it.
     *
     * @param environment to be added to git's
     * @return whether it has answered
     */
    boolean run(Map<String, String> environment) throws IOException, InterruptedException;
  }

  /** With this review. */
  public Pushes(Workshop workshop, Review review, GitGateLimits limits, Refusals refusals) {
    this.workshop = workshop;
    this.review = review;
    this.limits = limits;
    this.refusals = refusals;
  }

  /**
   * One push.
   *
   * @param deadline of the whole exchange; cancelled at its end, so that no review outlives it
   */
  public boolean run(Repository repository, Deadline deadline, Receive receive)
      throws IOException, InterruptedException {
    try (Hook hook = Hook.in(workshop.push())) {
      Judge judge = new Judge(repository, hook, deadline);
      Thread thread = Thread.ofPlatform().daemon().start(judge);
      try {
        return receive.run(hook.environment());
      } finally {
        deadline.cancel();
        hook.end();
        thread.interrupt();
        join(thread);
        judge.release();
      }
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Judge implements Runnable {
    private final Repository repository;
    private final Hook hook;
    private final Deadline exchange;
    private Repository.@Nullable Hold hold;

    Judge(Repository repository, Hook hook, Deadline exchange) {
      this.repository = repository;
      this.hook = hook;
      this.exchange = exchange;
    }

    @Override
    public void run() {
      try {
        Optional<Hook.Told> told = hook.await(limits.refs());
        if (told.isPresent()) {
          judge(told.get());
        }
      } catch (IOException | RuntimeException e) {
        LOG.warn("a push of {} is refused: {}", repository.upstream().name(), e.toString());
        reject("git-gate failed; try again");
      }
    }

    private void judge(Hook.Told told) throws IOException {
      ScheduledFuture<?> pulse =
          CLOCK.scheduleAtFixedRate(
              () -> say("still checking"), PULSE_SECONDS, PULSE_SECONDS, TimeUnit.SECONDS);
      try {
        hook.say("checking the push");
        hold = review.run(repository, told, exchange.atMost(limits.review()));
        pulse.cancel(false);
        hook.accept();
      } catch (PushRefused e) {
        pulse.cancel(false);
        refusals.tell(repository, e);
        reject(e.getMessage());
      } catch (InterruptedException guestIsGone) {
        reject("the push was given up");
      } finally {
        pulse.cancel(false);
      }
    }

    private void reject(String message) {
      message.lines().forEach(this::say);
      try {
        hook.reject();
      } catch (IOException e) {
        LOG.warn("the hook cannot be told to refuse; its end does", e);
      }
    }

    private void say(String line) {
      try {
        hook.say(line);
      } catch (IOException e) {
        LOG.debug("the hook does not listen", e);
      }
    }

    void release() {
      if (hold != null) {
        hold.close();
      }
    }
  }
}
