package dev.bottle.system.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.names.Names;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A Bottle stays until its machine is known to be gone. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FinalizerIT {
  private ApiServer server;
  private CopiedApi api;

  @BeforeAll
  void start() throws IOException {
    server = new ApiServer("finalizer");
    api = new CopiedApi(server);
  }

  @AfterAll
  void stop() {
    api.close();
    server.close();
  }

  @Test
  void deletionWaitsForTheFinalizer() {
    api.apply("held", "{image: example.org/agent:1}").orThrow();
    patch("{\"metadata\":{\"finalizers\":[\"" + Names.FINALIZER + "\"]}}");

    server.kubectl("delete", api.bottles(), "held", "--wait=false").orThrow();

    assertThat(api.field("held", "{.metadata.deletionTimestamp}")).isNotEmpty();
    // The status is still written while the machine is stopped.
    api.applyStatus("bottle-operator", "held", "{phase: Terminating}").orThrow();
    assertThat(api.field("held", "{.status.phase}")).isEqualTo("Terminating");

    patch("{\"metadata\":{\"finalizers\":null}}");

    var gone = server.kubectl("get", api.bottles(), "held");
    assertThat(gone.exitCode()).isNotZero();
    assertThat(gone.errors()).contains("not found");
  }

  private void patch(String merge) {
    server.kubectl("patch", api.bottles(), "held", "--type=merge", "-p", merge).orThrow();
  }
}
