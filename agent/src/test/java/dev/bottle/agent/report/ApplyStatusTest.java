package dev.bottle.agent.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.crd.api.DaemonStatus;
import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.condition.ConditionStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.crd.condition.Reason;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnableKubernetesMockClient
class ApplyStatusTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", "uid-1");
  private static final String PATH =
      "/apis/bottle.dev/v1alpha1/namespaces/ns/bottles/demo/status"
          + "?fieldManager=bottle-agent&force=true";

  @SuppressWarnings("NullAway.Init") // by the extension
  private KubernetesMockServer server;

  @SuppressWarnings("NullAway.Init")
  private KubernetesClient client;

  private static AgentStatus status() {
    Conditions conditions =
        Conditions.none()
            .with(
                ConditionType.Booted,
                ConditionStatus.True,
                Reason.MachineRunning,
                "",
                1,
                Clock.systemUTC())
            .with(
                ConditionType.Ready, ConditionStatus.True, Reason.Ready, "", 1, Clock.systemUTC());
    return AgentStatus.none()
        .withDaemons(List.of(new DaemonStatus("egress", true, "pod", null, null, null, null)))
        .withConditions(conditions);
  }

  private void answer(int code, String message) {
    server
        .expect()
        .patch()
        .withPath(PATH)
        .andReturn(code, new StatusBuilder().withCode(code).withMessage(message).build())
        .always();
  }

  @Test
  void appliesOnlyTheAgentsOwnFieldsUnderItsOwnName() throws Exception {
    server
        .expect()
        .patch()
        .withPath(PATH)
        .andReturn(
            200,
            "{\"apiVersion\":\"bottle.dev/v1alpha1\",\"kind\":\"Bottle\",\"metadata\":{\"name\":\"demo\"}}")
        .once();
    new ApplyStatus(client).write(BOTTLE, status());

    RecordedRequest request = server.getLastRequest();
    assertThat(request.getHeader("Content-Type")).startsWith("application/apply-patch+yaml");
    JsonNode body = JSON.readTree(request.getBody().readUtf8());
    assertThat(body.path("metadata").path("uid").asText()).isEqualTo("uid-1");
    assertThat(body.path("metadata").has("managedFields")).isFalse();
    assertThat(body.has("spec")).isFalse();
    assertThat(body.path("status").properties())
        .extracting(field -> field.getKey())
        .containsExactlyInAnyOrder("bundle", "conditions");
    assertThat(body.path("status").path("bundle").properties())
        .extracting(field -> field.getKey())
        .containsExactly("daemons");
    assertThat(body.path("status").path("conditions"))
        .hasSize(1)
        .allSatisfy(condition -> assertThat(condition.path("type").asText()).isEqualTo("Booted"));
    assertThat(body.toString()).as("a null would claim a field").doesNotContain("null");
  }

  @Test
  void everyFieldThatIsSentIsTheAgents() {
    AgentStatus full =
        new AgentStatus(
            status().daemons(),
            new MachineStatus("m", MachineStatus.State.Running, 1L, null, null, null, null, null),
            new dev.bottle.crd.api.ProvisionedStatus("d", "g", "p", "b"),
            new dev.bottle.crd.api.SealStatus("t", "p", "h", "b", List.of()),
            new dev.bottle.crd.api.EgressStatus(1, List.of(), null, null, null),
            new dev.bottle.crd.api.GitStatus(1, List.of()),
            List.of(new dev.bottle.crd.api.AgentRequest("r", "h", null, null, null, "r", "t", "t")),
            status().conditions());
    JsonNode status =
        JSON.valueToTree(ApplyStatus.patch(BOTTLE, full).getAdditionalProperties().get("status"));
    assertThat(status.properties())
        .extracting(field -> field.getKey())
        .containsExactlyInAnyOrder(
            "bundle", "machine", "provisioned", "seal", "egress", "git", "requests", "conditions");
  }

  @ParameterizedTest
  @CsvSource({
    "404,bottles.bottle.dev \"demo\" not found",
    "409,'Precondition failed: UID in precondition: uid-1, UID in object meta: uid-2'",
    "422,'metadata.uid: Invalid value: \"uid-1\": field is immutable'",
  })
  void aBottleThatIsGoneOrAnotherIsToldApart(int code, String message) {
    answer(code, message);
    assertThatThrownBy(() -> new ApplyStatus(client).write(BOTTLE, status()))
        .isInstanceOf(BottleGoneException.class)
        .hasMessageContaining("ns/demo");
  }

  @ParameterizedTest
  @CsvSource({
    "409,'Operation cannot be fulfilled on bottles \"demo\": the object has been modified'",
    "422,status.machine.name: Too long",
    "403,forbidden",
  })
  void everythingElseIsWorthAnotherTry(int code, String message) {
    answer(code, message);
    assertThatThrownBy(() -> new ApplyStatus(client).write(BOTTLE, status()))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(code));
  }
}
