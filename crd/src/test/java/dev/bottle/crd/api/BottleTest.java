package dev.bottle.crd.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class BottleTest {
  @Test
  void whatTheServerStoresIsRead() {
    Bottle bottle =
        Serialization.unmarshal(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: demo}
            spec:
              image: example.org/agent:1
              running: true
              machine: {cpus: 2, memory: 2Gi, disk: 10Gi}
              agent: {prompt: {secretKeyRef: {name: p, key: text}}}
              egress: {allow: [example.org], inspection: None}
            status:
              placement: {nodeName: n, nodeUID: u, epoch: 3}
              fieldOfALaterVersion: {a: 1}
            """,
            Bottle.class);

    assertThat(bottle.getSpec().machine().memory().getNumericalAmount())
        .isEqualByComparingTo("2147483648");
    assertThat(Objects.requireNonNull(bottle.getSpec().egress()).allow())
        .containsExactly("example.org");
    assertThat(Objects.requireNonNull(bottle.getStatus()).placement())
        .isEqualTo(new Placement("n", "u", 3));
  }

  @Test
  void absentFieldsAreNotWrittenAsNull() {
    // Server-side apply would own a field that is sent as null.
    Bottle bottle = new Bottle();
    bottle.setStatus(
        new BottleStatus(
            7L,
            Phase.Running,
            null,
            null,
            new BundleStatus("bottle-demo", "u", null, null, null),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null));

    assertThat(Serialization.asJson(bottle))
        .doesNotContain("null")
        .contains("\"phase\":\"Running\"");
  }
}
