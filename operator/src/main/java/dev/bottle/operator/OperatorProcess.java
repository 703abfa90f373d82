package dev.bottle.operator;

import dev.bottle.operator.apply.Applier;
import dev.bottle.operator.apply.ApprovalWriter;
import dev.bottle.operator.apply.ForceReleaseAnnotation;
import dev.bottle.operator.apply.StatusWriter;
import dev.bottle.operator.cluster.ClusterWatch;
import dev.bottle.operator.decide.Decider;
import dev.bottle.operator.events.EventRecorder;
import dev.bottle.operator.lease.AgentLeases;
import dev.bottle.operator.manage.ReconcileMetrics;
import dev.bottle.operator.reconcile.BottleReconciler;
import dev.bottle.operator.reconcile.BottleTrigger;
import dev.bottle.operator.render.BundleImage;
import dev.bottle.operator.render.Renderer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Everything that the leader runs, wired by constructor. */
public final class OperatorProcess implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(20);
  private static final int RECONCILE_THREADS = 16;
  private static final int WAITING_EVENTS = 1_000;

  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("agent-leases").factory());
  private final ThreadPoolExecutor eventSender =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING_EVENTS),
          Thread.ofPlatform().daemon().name("events").factory());
  private final ClusterWatch cluster;
  private final Operator operator;

  /**
   * @param serviceAddress the API server's Service, when the process runs in the cluster
   */
  public OperatorProcess(
      KubernetesClient client,
      BundleImage image,
      Optional<String> serviceAddress,
      MeterRegistry registry,
      Clock clock) {
    BottleTrigger trigger = new BottleTrigger();
    AgentLeases leases = new AgentLeases(clock, scheduler, trigger::node);
    cluster = new ClusterWatch(client, addresses(client, serviceAddress), leases, trigger::all);
    operator =
        new Operator(overrider ->
            overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .checkingCRDAndValidateLocalModel(false)
                .withConcurrentReconciliationThreads(RECONCILE_THREADS)
                .withStopOnInformerErrorDuringStartup(true)
                .withReconciliationTerminationTimeout(DRAIN)
                .withMetrics(new ReconcileMetrics(registry)));
    EventRecorder events = new EventRecorder(client, clock, eventSender);
    operator.register(
        new BottleReconciler(
            new Decider(new Renderer(image)),
            cluster,
            leases,
            trigger,
            new Applier(client),
            new ApprovalWriter(client, events),
            new StatusWriter(),
            new ForceReleaseAnnotation(client),
            events,
            clock),
        BottleReconciler::configure);
  }

  /** Returns when the caches are filled and reconciling has begun. */
  public void start() throws InterruptedException {
    cluster.start();
    operator.start();
  }

  /** Whether every watch is alive. */
  public boolean isHealthy() {
    return operator.getRuntimeInfo().isStarted()
        && operator.getRuntimeInfo().allEventSourcesAreHealthy()
        && cluster.isHealthy();
  }

  /** Lets running reconciles finish, then stops. */
  @Override
  public void close() {
    operator.stop();
    cluster.close();
    scheduler.shutdownNow();
    eventSender.shutdown();
  }

  private static Set<String> addresses(KubernetesClient client, Optional<String> serviceAddress) {
    Set<String> addresses = new LinkedHashSet<>();
    serviceAddress.flatMap(OperatorProcess::literal).ifPresent(addresses::add);
    Optional.ofNullable(URI.create(client.getConfiguration().getMasterUrl()).getHost())
        .flatMap(OperatorProcess::literal)
        .ifPresent(addresses::add);
    return addresses;
  }

  private static Optional<String> literal(String host) {
    try {
      String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
      return Optional.of(InetAddress.ofLiteral(bare).getHostAddress());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
