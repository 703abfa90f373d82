package dev.bottle.operator.manage;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often, how long and how well the operator reconciles. No label names a Bottle: their number
 * has no bound.
 */
public final class ReconcileMetrics implements Metrics {
  private static final String NAME = "bottle.operator.reconcile";

  private final MeterRegistry registry;

  public ReconcileMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    Timer.Sample sample = Timer.start(registry);
    try {
      T result = execution.execute();
      sample.stop(timer(execution, "success"));
      return result;
    } catch (Exception e) {
      sample.stop(timer(execution, "failure"));
      throw e;
    }
  }

  @Override
  public void reconcileCustomResource(
      HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
    if (retry != null) {
      registry.counter("bottle.operator.retries").increment();
    }
  }

  private Timer timer(ControllerExecution<?> execution, String outcome) {
    return registry.timer(NAME, "action", execution.name(), "outcome", outcome);
  }
}
