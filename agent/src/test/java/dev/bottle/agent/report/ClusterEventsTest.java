package dev.bottle.agent.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.agent.testing.SettableClock;
import dev.bottle.crd.condition.Reason;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = false)
class ClusterEventsTest {
  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", "uid-1");

  @SuppressWarnings("NullAway.Init") // by the extension
  private KubernetesMockServer server;

  @SuppressWarnings("NullAway.Init")
  private KubernetesClient client;

  private final SettableClock clock = new SettableClock();

  private @Nullable JsonNode next(Duration patience) throws Exception {
    RecordedRequest request = server.takeRequest(patience.toMillis(), TimeUnit.MILLISECONDS);
    if (request == null) {
      return null;
    }
    assertThat(request.getMethod()).isEqualTo("PATCH");
    assertThat(request.getPath()).startsWith("/api/v1/namespaces/ns/events/demo.");
    return new ObjectMapper().readTree(request.getBody().readUtf8());
  }

  private JsonNode next() throws Exception {
    JsonNode event = next(Duration.ofSeconds(20));
    if (event == null) {
      throw new AssertionError("no event was written");
    }
    return event;
  }

  @Test
  void oneObjectForABottleAndAReasonAndOnceAMinute() throws Exception {
    ClusterEvents events = new ClusterEvents(client, "node-1", clock);
    events.warn(BOTTLE, Reason.ProbeLeaked, "routes: a route");
    JsonNode first = next();
    assertThat(first.path("reason").asText()).isEqualTo("ProbeLeaked");
    assertThat(first.path("type").asText()).isEqualTo("Warning");
    assertThat(first.path("message").asText())
        .startsWith("routes: a route")
        .endsWith(Reason.ProbeLeaked.remedy());
    assertThat(first.path("involvedObject").path("uid").asText()).isEqualTo("uid-1");
    assertThat(first.path("source").path("host").asText()).isEqualTo("node-1");
    assertThat(first.path("count").asInt()).isEqualTo(1);

    for (int i = 0; i < 50; i++) {
      events.warn(BOTTLE, Reason.ProbeLeaked, "routes: a route");
    }
    assertThat(next(Duration.ofMillis(500))).isNull();
    clock.advance(Duration.ofSeconds(62));
    events.warn(BOTTLE, Reason.ProbeLeaked, "routes: a route");
    JsonNode second = next();
    assertThat(second.path("metadata").path("name").asText())
        .isEqualTo(first.path("metadata").path("name").asText());
    assertThat(second.path("count").asInt()).isEqualTo(52);
    assertThat(second.path("firstTimestamp")).isEqualTo(first.path("firstTimestamp"));
  }

  @Test
  void reasonsAndBottlesAreToldApartAndMessagesCut() throws Exception {
    ClusterEvents events = new ClusterEvents(client, "node-1", clock);
    events.warn(BOTTLE, Reason.MachineStartFailed, "x".repeat(100_000));
    events.warn(BOTTLE, Reason.RuntimeMissing, "y");
    events.warn(new BottleRef("ns", "demo", "uid-2"), Reason.RuntimeMissing, "y");
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      JsonNode event = next();
      names.add(event.path("metadata").path("name").asText());
      assertThat(event.path("message").asText()).hasSizeLessThanOrEqualTo(1024);
    }
    assertThat(names).doesNotHaveDuplicates();
  }

  @Test
  void anApiServerThatFailsNeitherThrowsNorEndsIt() throws Exception {
    ClusterEvents events = new ClusterEvents(client, "node-1", clock);
    events.warn(BOTTLE, Reason.MachineStartFailed, "a"); // answered 404: nothing is expected
    var _ = next();
    await().untilAsserted(() -> events.warn(BOTTLE, Reason.DiskFull, "b"));
    assertThat(next().path("reason").asText()).isEqualTo("DiskFull");
  }
}
