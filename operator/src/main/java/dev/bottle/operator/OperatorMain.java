package dev.bottle.operator;

import dev.bottle.operator.manage.ManagementServer;
import dev.bottle.operator.render.BundleImage;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the operator: health first, then the election, then reconciling. */
public final class OperatorMain {
  private static final Logger log = LoggerFactory.getLogger(OperatorMain.class);

  private OperatorMain() {}

  /** Exits with 1 when it cannot start or loses its leadership. */
  public static void main(String[] arguments) throws Exception {
    OperatorSettings settings;
    try {
      settings = OperatorSettings.from(System.getenv());
    } catch (IllegalArgumentException e) {
      System.err.println("bottle-operator: " + e.getMessage());
      System.exit(1);
      return;
    }
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    new JvmMemoryMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    KubernetesClient client = OperatorClient.create(Config.autoConfigure(null));
    OperatorProcess process =
        new OperatorProcess(
            client,
            new BundleImage(settings.bundleImage()),
            settings.serviceAddress(),
            registry,
            Clock.systemUTC());
    AtomicBoolean leading = new AtomicBoolean();
    // A standby is ready to take over; only a leader has caches to be judged by.
    ManagementServer management =
        new ManagementServer(
            settings.healthPort(), () -> !leading.get() || process.isHealthy(), registry::scrape);
    ExecutorService starter =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().name("leader").factory());
    Runnable lead = () -> lead(process, leading);
    @Nullable Leadership leadership = null;
    if (settings.leaderElection()) {
      leadership =
          new Leadership(
              client,
              settings.namespace(),
              settings.identity(),
              starter,
              lead,
              () -> end("the leadership is lost"));
    } else {
      starter.execute(lead);
    }
    Runtime.getRuntime()
        .addShutdownHook(new Thread(shutdown(process, leading, leadership, management, client)));
  }

  private static void lead(OperatorProcess process, AtomicBoolean leading) {
    leading.set(true);
    try {
      process.start();
      log.info("reconciling Bottles");
    } catch (InterruptedException | RuntimeException e) {
      log.error("cannot start", e);
      end("the start failed");
    }
  }

  /** In this order: the last write, then the Lease, so that no successor overlaps with us. */
  private static Runnable shutdown(
      OperatorProcess process,
      AtomicBoolean leading,
      @Nullable Leadership leadership,
      ManagementServer management,
      KubernetesClient client) {
    return () -> {
      if (leading.get()) {
        process.close();
      }
      if (leadership != null) {
        leadership.close();
      }
      management.close();
      client.close();
    };
  }

  /** Without the shutdown hooks, which would go on writing for a while. */
  private static void end(String why) {
    log.error("ending: {}", why);
    Runtime.getRuntime().halt(1);
  }
}
