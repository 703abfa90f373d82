package dev.bottle.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One operator acts at a time. The Java Operator SDK's own election never gives the Lease back, so
 * a rolling update would wait fifteen seconds for it to expire; this one does (docs/adr/0013).
 */
final class Leadership implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Leadership.class);
  private static final String LEASE = "bottle-operator";
  private static final Duration LEASE_DURATION = Duration.ofSeconds(15);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
  private static final Duration RETRY_PERIOD = Duration.ofSeconds(2);

  private final CompletableFuture<?> election;
  private final AtomicBoolean resigned = new AtomicBoolean();

  /**
   * Starts to stand for election.
   *
   * @param lead runs once on the executor when this process leads
   * @param lost runs when the leadership was lost without having been given back: the process must
   *     end before another one acts
   */
  Leadership(
      KubernetesClient client,
      String namespace,
      String identity,
      Executor executor,
      Runnable lead,
      Runnable lost) {
    election =
        client
            .leaderElector()
            .withConfig(
                new LeaderElectionConfigBuilder()
                    .withName(LEASE)
                    .withLock(new LeaseLock(namespace, LEASE, identity))
                    .withLeaseDuration(LEASE_DURATION)
                    .withRenewDeadline(RENEW_DEADLINE)
                    .withRetryPeriod(RETRY_PERIOD)
                    .withReleaseOnCancel(true)
                    .withLeaderCallbacks(
                        new LeaderCallbacks(
                            () -> executor.execute(lead),
                            () -> {
                              if (!resigned.get()) {
                                lost.run();
                              }
                            },
                            leader -> log.info("the leader is {}", leader)))
                    .build())
            .build()
            .start();
  }

  /** Gives the Lease back. Call it after the last write. */
  @Override
  public void close() {
    resigned.set(true);
    election.cancel(true);
  }
}
