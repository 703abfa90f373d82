package dev.bottle.system.api;

import dev.bottle.crd.names.Names;
import dev.bottle.system.endtoend.Shell;
import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.api.model.NamedAuthInfoBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;

/**
 * A node agent as the API server sees it: a token of its service account that is bound to a Pod on
 * one node (KEP-4193). The Pod exists for the token only; kubelet never finds its image.
 */
final class AgentIdentity implements AutoCloseable {
  private final ApiServer server;
  private final String pod = "api-agent-" + UUID.randomUUID().toString().substring(0, 6);
  private final String node;
  private final Path kubeconfig;
  private final Shell shell;

  AgentIdentity(ApiServer server) throws IOException {
    this.server = server;
    node = server.cluster("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}").orThrow();
    server
        .clusterWith(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, namespace: %s}
            spec:
              serviceAccountName: bottle-agent
              nodeName: %s
              terminationGracePeriodSeconds: 0
              containers: [{name: none, image: localhost/none, imagePullPolicy: Never}]
            """
                .formatted(pod, Names.SYSTEM_NAMESPACE, node),
            "create",
            "-f",
            "-")
        .orThrow();
    kubeconfig =
        Files.createTempFile(
            "agent-",
            ".kubeconfig",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Config config =
        Serialization.unmarshal(
            server.cluster("config", "view", "--raw", "--flatten", "--minify").orThrow(),
            Config.class);
    config.setUsers(
        List.of(
            new NamedAuthInfoBuilder()
                .withName(config.getContexts().getFirst().getContext().getUser())
                .withNewUser()
                .withToken(token())
                .endUser()
                .build()));
    Files.writeString(kubeconfig, Serialization.asYaml(config));
    shell = server.as(kubeconfig);
  }

  /** The node that the token is bound to. */
  String node() {
    return node;
  }

  /** kubectl with the token. */
  Shell.Result kubectl(String... arguments) {
    return kubectlWith("", arguments);
  }

  /** kubectl with the token and this manifest on its standard input. */
  Shell.Result kubectlWith(String manifest, String... arguments) {
    return shell.runWithInput(manifest, ApiServer.prepend(arguments, "kubectl"));
  }

  private String token() {
    return server
        .cluster(
            "--namespace",
            Names.SYSTEM_NAMESPACE,
            "create",
            "token",
            "bottle-agent",
            "--bound-object-kind=Pod",
            "--bound-object-name=" + pod)
        .orThrow()
        .strip();
  }

  @Override
  public void close() throws IOException {
    Files.delete(kubeconfig);
    server
        .cluster(
            "--namespace",
            Names.SYSTEM_NAMESPACE,
            "delete",
            "pod",
            pod,
            "--grace-period=0",
            "--force")
        .orThrow();
  }
}
