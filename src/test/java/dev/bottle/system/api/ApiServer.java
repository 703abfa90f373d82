package dev.bottle.system.api;

import dev.bottle.system.endtoend.Shell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

/**
 * A real API server, used as its users do: by kubectl, in a namespace of the test class. Needs no
 * more of the cluster than that API server.
 */
final class ApiServer implements AutoCloseable {
  private final Shell shell;
  private final String namespace;

  /** Creates the namespace {@code <purpose>-<random>}. */
  ApiServer(String purpose) {
    Path kubeconfig =
        Path.of(System.getProperty("bottle.kubeconfig", "/var/lib/bottle-cluster/kubeconfig"));
    if (!Files.exists(kubeconfig)) {
      throw new IllegalStateException(
          "no cluster at " + kubeconfig + ": run deploy/local/up, or mvn verify, which does");
    }
    shell =
        new Shell(
            Map.of(
                "KUBECONFIG",
                kubeconfig.toString(),
                "PATH",
                kubeconfig.resolveSibling("bin") + ":" + System.getenv("PATH")));
    namespace = "api-" + purpose + "-" + UUID.randomUUID().toString().substring(0, 6);
    cluster("create", "namespace", namespace).orThrow();
  }

  /** The same API server as another user sees it: this user's kubeconfig. */
  Shell as(Path kubeconfigOfUser) {
    return new Shell(
        Map.of(
            "KUBECONFIG",
            kubeconfigOfUser.toString(),
            "PATH",
            shell.environment().getOrDefault("PATH", "")));
  }

  String namespace() {
    return namespace;
  }

  /** kubectl in this namespace. */
  Shell.Result kubectl(String... arguments) {
    return cluster(prepend(arguments, "--namespace", namespace));
  }

  /** kubectl with this manifest on its standard input, in this namespace. */
  Shell.Result kubectlWith(String manifest, String... arguments) {
    return shell.runWithInput(manifest, prepend(arguments, "kubectl", "--namespace", namespace));
  }

  /** {@code kubectl apply} as a person does it. */
  Shell.Result apply(String manifest) {
    return kubectlWith(manifest, "apply", "-f", "-");
  }

  /** kubectl without a namespace. */
  Shell.Result cluster(String... arguments) {
    return shell.run(prepend(arguments, "kubectl"));
  }

  /** kubectl without a namespace, with this manifest on its standard input. */
  Shell.Result clusterWith(String manifest, String... arguments) {
    return shell.runWithInput(manifest, prepend(arguments, "kubectl"));
  }

  @Override
  public void close() {
    cluster("delete", "namespace", namespace, "--wait=false").orThrow();
  }

  static String[] prepend(String[] arguments, String... first) {
    String[] all = new String[first.length + arguments.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(arguments, 0, all, first.length, arguments.length);
    return all;
  }
}
