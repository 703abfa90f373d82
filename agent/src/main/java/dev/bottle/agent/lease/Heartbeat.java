package dev.bottle.agent.lease;

import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renews the agent's Lease, as long as the agent really works. */
public final class Heartbeat implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final int DURATION_SECONDS = 40;

  private final KubernetesClient client;
  private final String node;
  private final BooleanSupplier alive;
  private final Supplier<Map<String, String>> annotations;
  private final Clock clock;
  private final Semaphore news = new Semaphore(0);
  private final Thread thread;

  /**
   * Starts renewing at once.
   *
   * @param alive whether the main loop runs; while it does not, the Lease goes stale, which is what
   *     the operator must see
   * @param annotations of the Lease; see {@link #announce}
   */
  public Heartbeat(
      KubernetesClient client,
      String node,
      BooleanSupplier alive,
      Supplier<Map<String, String>> annotations,
      Clock clock) {
    this.client = client;
    this.node = node;
    this.alive = alive;
    this.annotations = annotations;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("heartbeat").unstarted(this::beat);
    thread.start();
  }

  /** The annotations became others: renews at once. */
  public void announce() {
    news.release();
  }

  private void beat() {
    try {
      while (true) {
        renew();
        if (news.tryAcquire(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
          news.drainPermits();
        }
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  private void renew() {
    if (!alive.getAsBoolean()) {
      LOG.atError().log("the main loop does not run: the Lease is not renewed");
      return;
    }
    try {
      client
          .leases()
          .inNamespace(Names.SYSTEM_NAMESPACE)
          .resource(lease())
          .fieldManager(Names.AGENT_FIELD_MANAGER)
          .forceConflicts()
          .serverSideApply();
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("error", e.getMessage()).log("Lease not renewed");
    }
  }

  private Lease lease() {
    return new LeaseBuilder()
        .withNewMetadata()
        .withNamespace(Names.SYSTEM_NAMESPACE)
        .withName(Names.agentLease(node))
        .addToLabels(Names.AGENT_LEASE_LABEL, "true")
        .addToAnnotations(annotations.get())
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(node)
        .withLeaseDurationSeconds(DURATION_SECONDS)
        .withRenewTime(ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC))
        .endSpec()
        .build();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
