package dev.bottle.system.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the API server makes of a Bottle: defaults, unknown fields, updates, selection. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BottleSchemaIT {
  private ApiServer server;
  private CopiedApi api;

  @BeforeAll
  void start() throws IOException {
    server = new ApiServer("schema");
    api = new CopiedApi(server);
  }

  @AfterAll
  void stop() {
    api.close();
    server.close();
  }

  @Test
  void defaultsAreStored() {
    api.apply("defaults", "{image: example.org/agent:1}").orThrow();

    assertThat(api.field("defaults", "{.spec.running}")).isEqualTo("true");
    assertThat(api.field("defaults", "{.spec.machine.cpus}")).isEqualTo("2");
    assertThat(api.field("defaults", "{.spec.machine.memory}")).isEqualTo("2Gi");
    assertThat(api.field("defaults", "{.spec.machine.disk}")).isEqualTo("10Gi");
    assertThat(api.field("defaults", "{.spec.egress.inspection}")).isEqualTo("Builtin");

    api.apply(
            "routed",
            "{image: example.org/agent:1, egress: {routes: [{host: api.example.org, auth: {type:"
                + " Bearer, secretKeyRef: {name: t, key: k}}}]}}")
        .orThrow();
    assertThat(api.field("routed", "{.spec.egress.routes[0].webSocket}")).isEqualTo("false");
    assertThat(api.field("routed", "{.spec.egress.routes[0].onMatch}")).isEqualTo("Block");
  }

  @Test
  void defaultsFillAPartlyGivenMachine() {
    api.apply("partly", "{image: example.org/agent:1, machine: {cpus: 4}, running: false}")
        .orThrow();

    assertThat(api.field("partly", "{.spec.machine.cpus}")).isEqualTo("4");
    assertThat(api.field("partly", "{.spec.machine.memory}")).isEqualTo("2Gi");
    assertThat(api.field("partly", "{.spec.running}")).isEqualTo("false");
  }

  @Test
  void everyFieldOfTheApiCanBeSaid() {
    api.apply(
            "everything",
            """
            {image: "registry.example.org:5000/a/b:1@sha256:0123456789012345678901234567890123456789012345678901234567890123",
             running: false,
             machine: {cpus: 4, memory: 4294967296, disk: 20Gi},
             agent: {prompt: {configMapKeyRef: {name: p, key: text.md}},
                     skills: [{name: review, configMapRef: {name: a}}],
                     skillsDir: /opt/skills, user: node, workdir: /, env: [{name: A, value: "two\\nlines"}]},
             egress: {allow: [api.example.org, "*.example.org", xn--nxasmq6b.xn--p1ai], inspection: Builtin,
                      routes: [{host: api.example.org, paths: [/v1], methods: [POST], auth: {type: Header, header: X-Api-Key, secretKeyRef: {name: t, key: k}}},
                               {host: api.example.org, auth: {type: Bearer, secretKeyRef: {name: t, key: k}}},
                               {host: b.example.org, paths: [/, /v1/, "/a/b~c.d!$&'()+,=:@-_"], webSocket: true, onMatch: Redact, auth: {type: Basic, username: me, secretKeyRef: {name: t, key: k}}}]},
             git: {upstreams: [{name: app, url: "https://git.example.org/a/app.git", tokenSecretRef: {name: t, key: k}, refs: ["refs/heads/agent/*"]},
                               {name: b, url: "ssh://git@git.example.org:2222/b.git", identitySecretRef: {name: t, key: k}, knownHosts: "git.example.org ssh-ed25519 AAAA", readOnly: true}]},
             supervise: {enabled: true},
             nodeSelector: {zone: a},
             tolerations: [{operator: Exists}, {key: a, value: b, effect: NoExecute, tolerationSeconds: 3}],
             imagePullSecrets: [{name: regcred}]}
            """)
        .orThrow();
  }

  @Test
  void anUnknownFieldIsAnErrorUnlessThePersonSwitchesThatOff() {
    String spec = "{image: example.org/agent:1, egress: {alow: [example.org]}}";

    var strict = api.apply("unknown", spec);
    assertThat(strict.exitCode()).isNotZero();
    assertThat(strict.errors()).contains("unknown field \"spec.egress.alow\"");

    // kubectl --validate=false, or a client that asks for no strict validation: dropped, never
    // kept.
    api.apply("unknown", "{image: example.org/agent:1}").orThrow();
    server
        .kubectl(
            "patch",
            api.bottles(),
            "unknown",
            "--type=merge",
            "--validate=false",
            "-p",
            "{\"spec\":{\"egress\":{\"alow\":[\"example.org\"]}}}")
        .exitCode();
    assertThat(api.field("unknown", "{.spec.egress.alow}")).isEmpty();
  }

  @Test
  void aDiskGrowsAndNeverShrinks() {
    api.apply("disk", "{image: example.org/agent:1, machine: {disk: 20Gi}}").orThrow();

    var shrunk = api.apply("disk", "{image: example.org/agent:1, machine: {disk: 10240Mi}}");
    assertThat(shrunk.exitCode()).isNotZero();
    assertThat(shrunk.errors()).contains("spec.machine.disk", "a disk cannot shrink");

    var forgotten = api.apply("disk", "{image: example.org/agent:1}");
    assertThat(forgotten.errors()).contains("a disk cannot shrink");

    api.apply("disk", "{image: example.org/agent:1, machine: {disk: 30Gi}}").orThrow();
  }

  @Test
  void theNodeOfAPlacementSelects() {
    for (String node : new String[] {"node-a", "node-b"}) {
      api.apply("on-" + node, "{image: example.org/agent:1}").orThrow();
      api.applyStatus(
              "bottle-operator",
              "on-" + node,
              "{placement: {nodeName: " + node + ", nodeUID: u, epoch: 1}}")
          .orThrow();
    }

    assertThat(
            server
                .kubectl(
                    "get",
                    api.bottles(),
                    "--field-selector",
                    "status.placement.nodeName=node-a",
                    "-o",
                    "jsonpath={.items[*].metadata.name}")
                .orThrow())
        .isEqualTo("on-node-a");
  }

  @Test
  void theSpecIsNotWrittenThroughTheStatusNorTheStatusThroughTheSpec() {
    api.apply("apart", "{image: example.org/agent:1}").orThrow();
    String generation = api.field("apart", "{.metadata.generation}");

    api.applyStatus("bottle-operator", "apart", "{phase: Running}").orThrow();
    assertThat(api.field("apart", "{.metadata.generation}")).isEqualTo(generation);

    server
        .kubectl(
            "patch",
            api.bottles(),
            "apart",
            "--type=merge",
            "-p",
            "{\"status\":{\"phase\":\"Failed\"}}")
        .orThrow();
    assertThat(api.field("apart", "{.status.phase}")).isEqualTo("Running");
  }

  @Test
  void columnsAreThoseThatAnAdminReads() {
    api.apply("columns", "{image: example.org/agent:1}").orThrow();

    assertThat(server.kubectl("get", api.bottles()).orThrow().lines().findFirst())
        .get()
        .asString()
        .matches("NAME +PHASE +READY +REASON +NODE +DENIED +PENDING +AGE *");
    assertThat(server.kubectl("get", api.bottles(), "-o", "wide").orThrow().lines().findFirst())
        .get()
        .asString()
        .matches("NAME +PHASE +READY +REASON +NODE +DENIED +PENDING +IMAGE +BOOT +SEALED +AGE *");
  }
}
