package dev.bottle.operator.events;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events about a Bottle, best effort: one object for each Bottle, reason and side of it, renewed
 * and never multiplied. Losing one loses nothing but a line in {@code kubectl describe}.
 */
public final class EventRecorder {
  private static final Logger log = LoggerFactory.getLogger(EventRecorder.class);
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Names.OPERATOR_FIELD_MANAGER)
          .withForce(true)
          .build();

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Executor executor;

  /**
   * @param executor off the reconcile threads; may refuse when it is full
   */
  public EventRecorder(KubernetesClient client, InstantSource clock, Executor executor) {
    this.client = client;
    this.clock = clock;
    this.executor = executor;
  }

  /** Something went as it should. */
  public void normal(Bottle bottle, Reason reason, String message) {
    record(bottle, "Normal", reason, message);
  }

  /** Something that a person may have to look at. */
  public void warning(Bottle bottle, Reason reason, String message) {
    record(bottle, "Warning", reason, message);
  }

  private void record(Bottle bottle, String type, Reason reason, String message) {
    Event event = event(bottle, type, reason, message);
    try {
      executor.execute(() -> send(event));
    } catch (RejectedExecutionException e) {
      log.debug("too many Events wait, dropping {}", event.getMetadata().getName());
    }
  }

  private void send(Event event) {
    try {
      client.resource(event).patch(APPLY);
    } catch (KubernetesClientException e) {
      log.debug("Event {} was not recorded: {}", event.getMetadata().getName(), e.getMessage());
    }
  }

  private Event event(Bottle bottle, String type, Reason reason, String message) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    String key = bottle.getMetadata().getUid() + "/" + type + "/" + reason;
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(bottle.getMetadata().getNamespace())
        .withName(
            bottle.getMetadata().getName()
                + "."
                + UUID.nameUUIDFromBytes(key.getBytes(StandardCharsets.UTF_8)))
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion(bottle.getApiVersion())
        .withKind(bottle.getKind())
        .withNamespace(bottle.getMetadata().getNamespace())
        .withName(bottle.getMetadata().getName())
        .withUid(bottle.getMetadata().getUid())
        .endInvolvedObject()
        .withType(type)
        .withReason(reason.name())
        .withMessage(message.length() > 1024 ? message.substring(0, 1023) + "…" : message)
        .withFirstTimestamp(now)
        .withLastTimestamp(now)
        .withCount(1)
        .withNewSource()
        .withComponent(Names.OPERATOR_FIELD_MANAGER)
        .endSource()
        .withReportingComponent(Names.OPERATOR_FIELD_MANAGER)
        .withReportingInstance(Names.OPERATOR_FIELD_MANAGER)
        .build();
  }
}
