package dev.bottle.agent.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.preflight.Check;
import dev.bottle.agent.preflight.Finding;
import dev.bottle.agent.preflight.Fitness;
import dev.bottle.agent.preflight.RuntimeVersion;
import dev.bottle.agent.testing.SettableClock;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient
class PreflightLeaseTest {
  private static final String PATH =
      "/apis/coordination.k8s.io/v1/namespaces/bottle-system/leases/bottle-agent-node-1"
          + "?fieldManager=bottle-agent&force=true";
  private static final Fitness UNFIT =
      new Fitness.Unfit(List.of(new Finding(Check.Boot, "it\nfailed", "Mend it.")));
  private static final Fitness FIT =
      new Fitness.Fit(new RuntimeVersion("1.32.2+standin.runc"), List.of("few descriptors"));

  @SuppressWarnings("NullAway.Init")
  private KubernetesMockServer server;

  @SuppressWarnings("NullAway.Init")
  private KubernetesClient client;

  private Lease next() throws InterruptedException {
    RecordedRequest request = server.takeRequest(30, TimeUnit.SECONDS);
    assertThat(request).isNotNull();
    assertThat(request.getMethod()).isEqualTo("PATCH");
    return Serialization.unmarshal(request.getUtf8Body(), Lease.class);
  }

  @Test
  void aChangeOfFitnessIsOnTheLeaseAtOnce() throws Exception {
    server.expect().patch().withPath(PATH).andReturn(200, new Lease()).always();
    AtomicReference<Fitness> fitness = new AtomicReference<>(UNFIT);
    try (Heartbeat heartbeat =
        new Heartbeat(
            client,
            "node-1",
            () -> true,
            () -> PreflightAnnotations.of(fitness.get()),
            new SettableClock())) {
      assertThat(next().getMetadata().getAnnotations())
          .isEqualTo(
              Map.of(
                  "bottle.dev/preflight", "Unfit",
                  "bottle.dev/preflight-message", "Boot: it failed. Mend it."));
      fitness.set(FIT);
      heartbeat.announce();
      assertThat(next().getMetadata().getAnnotations())
          .containsEntry("bottle.dev/preflight", "Fit")
          .containsEntry("bottle.dev/runtime-version", "1.32.2+standin.runc")
          .hasEntrySatisfying(
              "bottle.dev/preflight-message",
              message -> assertThat(message).contains("stand-in").endsWith("; few descriptors"));
    }
  }

  @Test
  void aDeadLoopRenewsNothingWhateverIsAnnounced() throws Exception {
    server.expect().patch().withPath(PATH).andReturn(200, new Lease()).always();
    try (Heartbeat heartbeat =
        new Heartbeat(
            client,
            "node-1",
            () -> false,
            () -> PreflightAnnotations.of(FIT),
            new SettableClock())) {
      heartbeat.announce();
      await()
          .during(Duration.ofMillis(500))
          .untilAsserted(() -> assertThat(server.getRequestCount()).isZero());
    }
  }

  @Test
  void aMessageFitsIntoAnAnnotation() {
    Fitness loud =
        new Fitness.Unfit(List.of(new Finding(Check.Boot, "x".repeat(1 << 20), "Mend it.")));
    assertThat(PreflightAnnotations.of(loud).get("bottle.dev/preflight-message"))
        .hasSizeLessThan(3000)
        .endsWith("…");
  }
}
