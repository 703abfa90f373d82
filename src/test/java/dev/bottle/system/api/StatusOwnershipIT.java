package dev.bottle.system.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.Shell;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Operator and agent share one status by server-side apply, each its own fields. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatusOwnershipIT {
  private static final String TYPES = "{range .status.conditions[*]}{.type}={.status} {end}";

  private ApiServer server;
  private CopiedApi api;

  @BeforeAll
  void start() throws IOException {
    server = new ApiServer("ownership");
    api = new CopiedApi(server);
  }

  @AfterAll
  void stop() {
    api.close();
    server.close();
  }

  @Test
  void twoManagersShareTheConditionsWithoutConflict() {
    bottle("shared");
    operator("shared", "{observedGeneration: 1, conditions: [" + condition("Ready", "False") + "]}")
        .orThrow();
    agent("shared", "{conditions: [" + condition("Booted", "True") + "]}").orThrow();
    operator("shared", "{observedGeneration: 1, conditions: [" + condition("Ready", "True") + "]}")
        .orThrow();

    assertThat(api.field("shared", TYPES).split(" ", -1)).contains("Ready=True", "Booted=True");
  }

  @Test
  void aManagerTakesAwayOnlyItsOwn() {
    bottle("withdrawn");
    operator("withdrawn", "{conditions: [" + condition("Ready", "True") + "]}").orThrow();
    agent("withdrawn", "{conditions: [" + condition("Booted", "True") + "]}").orThrow();

    agent("withdrawn", "{conditions: []}").orThrow();

    assertThat(api.field("withdrawn", TYPES)).isEqualTo("Ready=True ");
  }

  @Test
  void theyShareTheBundleByField() {
    bottle("bundle");
    operator("bundle", "{bundle: {pod: bottle-bundle, podUID: p1, policyHash: h1}}").orThrow();
    agent("bundle", "{bundle: {daemons: [{name: egress, ready: true, podUID: p1}]}}").orThrow();
    operator("bundle", "{bundle: {pod: bottle-bundle, podUID: p2, policyHash: h1}}").orThrow();

    assertThat(api.field("bundle", "{.status.bundle.podUID} {.status.bundle.daemons[0].name}"))
        .isEqualTo("p2 egress");
  }

  @Test
  void aForeignManagerConflicts() {
    bottle("conflict");
    operator("conflict", "{phase: Running, conditions: [" + condition("Ready", "False") + "]}")
        .orThrow();

    var foreign =
        api.applyStatus(
            "somebody", "conflict", "{conditions: [" + condition("Ready", "True") + "]}");

    assertThat(foreign.exitCode()).isNotZero();
    assertThat(foreign.errors()).contains("conflict with \"bottle-operator\"", "Ready");
    assertThat(api.field("conflict", TYPES)).isEqualTo("Ready=False ");
  }

  @Test
  void theSameStatusAgainIsNoWrite() {
    bottle("quiet");
    String status = "{phase: Running, conditions: [" + condition("Ready", "True") + "]}";
    operator("quiet", status).orThrow();
    String version = api.field("quiet", "{.metadata.resourceVersion}");

    operator("quiet", status).orThrow();

    assertThat(api.field("quiet", "{.metadata.resourceVersion}")).isEqualTo(version);
  }

  @Test
  void twoConditionsOfOneTypeAreRefused() {
    bottle("twice");

    var twice =
        operator(
            "twice",
            "{conditions: ["
                + condition("Ready", "True")
                + ","
                + condition("Ready", "False")
                + "]}");

    assertThat(twice.exitCode()).isNotZero();
    assertThat(twice.errors()).contains("duplicate entries for key [type=\"Ready\"]");
  }

  private void bottle(String name) {
    api.apply(name, "{image: example.org/agent:1}").orThrow();
  }

  private Shell.Result operator(String name, String status) {
    return api.applyStatus("bottle-operator", name, status);
  }

  private Shell.Result agent(String name, String status) {
    return api.applyStatus("bottle-agent", name, status);
  }

  private static String condition(String type, String status) {
    return "{type: %s, status: '%s', reason: R, message: m, observedGeneration: 1,"
            .formatted(type, status)
        + " lastTransitionTime: '2026-01-01T00:00:00Z'}";
  }
}
