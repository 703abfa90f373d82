package dev.bottle.agent.lease;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.agent.testing.SettableClock;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@EnableKubernetesMockClient
class HeartbeatTest {
  @SuppressWarnings("NullAway.Init") // by the extension
  private KubernetesMockServer server;

  @SuppressWarnings("NullAway.Init")
  private KubernetesClient client;

  @Test
  void appliesTheLeaseAndGoesOnAfterARefusal() throws Exception {
    try (Heartbeat _ = new Heartbeat(client, "node-1", () -> true, Map::of, new SettableClock())) {
      // Nothing is expected of the server, so each is answered 404: the next one comes all the
      // same.
      for (int i = 0; i < 2; i++) {
        RecordedRequest request = server.takeRequest(30, TimeUnit.SECONDS);
        assertThat(request).isNotNull();
        assertThat(request.getMethod()).isEqualTo("PATCH");
        assertThat(request.getPath())
            .startsWith(
                "/apis/coordination.k8s.io/v1/namespaces/bottle-system/leases/bottle-agent-node-1")
            .contains("fieldManager=bottle-agent");
        JsonNode lease = new ObjectMapper().readTree(request.getBody().readUtf8());
        assertThat(lease.path("metadata").path("labels").path("bottle.dev/agent").asText())
            .isEqualTo("true");
        assertThat(lease.path("spec").path("holderIdentity").asText()).isEqualTo("node-1");
        assertThat(lease.path("spec").path("leaseDurationSeconds").asInt()).isEqualTo(40);
        assertThat(lease.path("spec").path("renewTime").asText()).startsWith("2026-01-01T00:00:00");
      }
    }
  }

  @Test
  void anAgentWhoseLoopHangsLetsItsLeaseGoStale() throws Exception {
    try (Heartbeat _ = new Heartbeat(client, "node-1", () -> false, Map::of, new SettableClock())) {
      assertThat(server.takeRequest(1, TimeUnit.SECONDS)).isNull();
    }
  }

  private static int status(int port, String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @Test
  void healthTellsLifeAndReadinessApart() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    AtomicBoolean alive = new AtomicBoolean(true);
    AtomicBoolean ready = new AtomicBoolean();
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (HealthServer _ = new HealthServer(port, alive::get, ready::get, meters)) {
      assertThat(status(port, "/livez")).isEqualTo(200);
      assertThat(status(port, "/readyz")).isEqualTo(503);
      assertThat(status(port, "/metrics")).isEqualTo(200);
      ready.set(true);
      assertThat(status(port, "/readyz")).isEqualTo(200);
      alive.set(false);
      assertThat(status(port, "/livez")).isEqualTo(503);
      assertThat(status(port, "/readyz")).isEqualTo(503);
      assertThat(status(port, "/exec")).isEqualTo(404);
    }
  }
}
