package dev.bottle.agent.report;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes core/v1 Events, one object for each Bottle and reason, with a count. The same one is
 * written at most once a minute.
 */
public final class ClusterEvents implements EventRecorder {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterEvents.class);
  private static final int QUEUE = 256;
  private static final int MAX_MESSAGE = 1024;
  private static final Duration QUIET = Duration.ofMinutes(1);

  private final KubernetesClient client;
  private final String node;
  private final Clock clock;
  private final BlockingQueue<Event> queue = new ArrayBlockingQueue<>(QUEUE);
  private final Map<String, Seen> seen = new ConcurrentHashMap<>();

  private record Seen(Instant first, Instant written, int count) {}

  /** Starts a thread of its own. */
  public ClusterEvents(KubernetesClient client, String node, Clock clock) {
    this.client = client;
    this.node = node;
    this.clock = clock;
    Thread.ofVirtual().name("events").start(this::write);
  }

  @Override
  public void warn(BottleRef bottle, Reason reason, String message) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    String key = bottle.uid() + "/" + reason;
    boolean[] due = new boolean[1];
    Seen occurrence =
        seen.compute(
            key,
            (same, former) -> {
              due[0] = former == null || former.written().plus(QUIET).isBefore(now);
              return former == null
                  ? new Seen(now, now, 1)
                  : new Seen(former.first(), due[0] ? now : former.written(), former.count() + 1);
            });
    if (due[0] && !queue.offer(event(bottle, reason, message, now, occurrence))) {
      LOG.atDebug().addKeyValue("bottle", bottle).log("too many events, one is dropped");
    }
  }

  private Event event(
      BottleRef bottle, Reason reason, String message, Instant now, Seen occurrence) {
    String text = message + " " + reason.remedy();
    UUID id = UUID.nameUUIDFromBytes((bottle.uid() + reason).getBytes(StandardCharsets.UTF_8));
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(bottle.namespace())
        .withName(bottle.name() + "." + id)
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion("bottle.dev/v1alpha1")
        .withKind("Bottle")
        .withNamespace(bottle.namespace())
        .withName(bottle.name())
        .withUid(bottle.uid())
        .endInvolvedObject()
        .withType("Warning")
        .withReason(reason.name())
        .withMessage(text.length() > MAX_MESSAGE ? text.substring(0, MAX_MESSAGE) : text)
        .withFirstTimestamp(occurrence.first().toString())
        .withLastTimestamp(now.toString())
        .withCount(occurrence.count())
        .withNewSource()
        .withComponent(Names.AGENT_FIELD_MANAGER)
        .withHost(node)
        .endSource()
        .build();
  }

  private void write() {
    try {
      while (true) {
        Event event = queue.take();
        try {
          client
              .v1()
              .events()
              .inNamespace(event.getMetadata().getNamespace())
              .resource(event)
              .fieldManager(Names.AGENT_FIELD_MANAGER)
              .forceConflicts()
              .serverSideApply();
        } catch (RuntimeException e) {
          LOG.atDebug().addKeyValue("error", e.getMessage()).log("event not written");
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
