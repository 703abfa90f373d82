package dev.bottle.system.api;

import dev.bottle.system.endtoend.Shell;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionNamesBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The checked-in CRD under a group and a kind of its own, so that an operator that runs in the
 * cluster writes nothing into what is being tested, and nobody's {@code kubectl get bottles} means
 * the copy.
 */
final class CopiedApi implements AutoCloseable {
  private static final Path CRD = Path.of("deploy/base/crd/bottles.bottle.dev.yaml");

  private final ApiServer server;
  private final String group =
      "copy-" + UUID.randomUUID().toString().substring(0, 6) + ".bottle.dev";

  CopiedApi(ApiServer server) throws IOException {
    this.server = server;
    CustomResourceDefinition copy =
        Serialization.unmarshal(Files.readString(CRD), CustomResourceDefinition.class);
    copy.getMetadata().setName(bottles());
    copy.getSpec().setGroup(group);
    copy.getSpec()
        .setNames(
            new CustomResourceDefinitionNamesBuilder()
                .withPlural("bottlecopies")
                .withSingular("bottlecopy")
                .withKind("BottleCopy")
                .build());
    server.clusterWith(Serialization.asJson(copy), "create", "-f", "-").orThrow();
    server
        .cluster("wait", "crd/" + bottles(), "--for=condition=Established", "--timeout=30s")
        .orThrow();
  }

  /** The resource, as kubectl takes it. */
  String bottles() {
    return "bottlecopies." + group;
  }

  /** One field of a Bottle, by JSONPath; empty when it is not there. */
  String field(String name, String jsonPath) {
    return server.kubectl("get", bottles(), name, "-o", "jsonpath=" + jsonPath).orThrow();
  }

  /** Applies {@code metadata.name} and that spec, as a person does. */
  Shell.Result apply(String name, String spec) {
    return server.apply(manifest(name, "spec", spec));
  }

  /** Applies that status by server-side apply, as operator and agent do. */
  Shell.Result applyStatus(String manager, String name, String status) {
    return server.kubectlWith(
        manifest(name, "status", status),
        "apply",
        "--server-side",
        "--subresource=status",
        "--field-manager=" + manager,
        "-f",
        "-");
  }

  private String manifest(String name, String part, String content) {
    return """
    apiVersion: %s/v1alpha1
    kind: BottleCopy
    metadata: {name: %s}
    %s: %s
    """
        .formatted(group, name, part, content.replace('\n', ' '));
  }

  @Override
  public void close() {
    server.cluster("delete", "crd", bottles(), "--wait=false").orThrow();
  }
}
