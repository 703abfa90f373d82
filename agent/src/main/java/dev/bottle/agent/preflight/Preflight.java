package dev.bottle.agent.preflight;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Knows whether this node may run machines. Asks again every ten minutes while it may not, and at
 * once when the runtime changes; until that is answered it may not. One boot of the node, one
 * runtime, one cage: one machine is booted.
 */
public final class Preflight implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Preflight.class);

  /** Before a preflight has finished. */
  private static final Fitness PENDING =
      new Fitness.Unfit(
          List.of(
              new Finding(Check.Pending, "the preflight of this node has not finished", "Wait.")));

  private static final Duration AGAIN = Duration.ofMinutes(10);
  private static final Duration LOOK = Duration.ofSeconds(3);

  private final Survey survey;
  private final Trial trial;
  private final RuntimeFiles files;
  private final BootProof proof;
  private final Clock clock;
  private final Thread thread;
  private volatile Fitness current = PENDING;
  private volatile Runnable changed = () -> {};
  private @Nullable String lookedAt;
  private Instant again = Instant.MIN;

  /**
   * Nothing is asked before {@link #start}.
   *
   * @param proof the file that remembers a boot
   */
  public Preflight(
      Survey survey,
      Trial trial,
      RuntimeFiles files,
      Path proof,
      MeterRegistry meters,
      Clock clock) {
    this.survey = survey;
    this.trial = trial;
    this.files = files;
    this.proof = new BootProof(proof);
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("preflight").unstarted(this::run);
    Gauge.builder("bottle_agent_fit", () -> current instanceof Fitness.Fit ? 1 : 0)
        .description("1 when the preflight lets machines start on this node")
        .register(meters);
  }

  /**
   * Begins asking.
   *
   * @param changed is called each time that {@link #current} became another
   */
  public void start(Runnable changed) {
    this.changed = changed;
    thread.start();
  }

  /** The last conclusion. */
  public Fitness current() {
    return current;
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (true) {
        look();
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  /** Concludes anew when that is due. */
  void look() throws InterruptedException {
    String fingerprint = files.fingerprint();
    boolean other = !fingerprint.equals(lookedAt);
    if (!other && (current instanceof Fitness.Fit || clock.instant().isBefore(again))) {
      return;
    }
    if (other) {
      publish(PENDING);
    }
    lookedAt = fingerprint;
    Fitness concluded;
    try {
      concluded = conclude();
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("the preflight failed");
      concluded = PENDING;
    }
    again = clock.instant().plus(AGAIN);
    publish(concluded);
  }

  private Fitness conclude() throws InterruptedException {
    return switch (Judgement.of(survey.gather())) {
      case Fitness.Unfit unfit -> unfit;
      case Fitness.Fit fit ->
          bootFailure(fit.runtime())
              .<Fitness>map(failure -> Judgement.bootless(fit.runtime(), failure))
              .orElse(fit);
    };
  }

  private Optional<String> bootFailure(RuntimeVersion runtime) throws InterruptedException {
    try {
      String key = files.key(runtime);
      if (proof.holds(key)) {
        return Optional.empty();
      }
      Optional<String> failure = trial.failure();
      if (failure.isEmpty()) {
        proof.keep(key);
      }
      return failure;
    } catch (IOException e) {
      return Optional.of(e.toString());
    }
  }

  private void publish(Fitness concluded) {
    if (concluded.equals(current)) {
      return;
    }
    current = concluded;
    LOG.atLevel(concluded instanceof Fitness.Fit ? Level.INFO : Level.WARN)
        .addKeyValue("preflight", concluded.word())
        .log(concluded.message());
    changed.run();
  }
}
