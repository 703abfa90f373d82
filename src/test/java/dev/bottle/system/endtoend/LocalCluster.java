package dev.bottle.system.endtoend;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * The cluster that {@code deploy/local/up} started, seen by its admin: a client, kubectl, and a
 * namespace that goes away with the test class.
 */
public final class LocalCluster implements AutoCloseable {
  private final Path home =
      Path.of(System.getProperty("bottle.cluster-home", "/var/lib/bottle-cluster"));
  private final Path kubeconfig = home.resolve("kubeconfig");
  private final KubernetesClient client;
  private final String namespace;
  private final Shell shell;

  /** The cluster, and a new namespace for this purpose. */
  public LocalCluster(String purpose) {
    if (!Files.exists(kubeconfig)) {
      throw new IllegalStateException(
          "no cluster at " + kubeconfig + ": run deploy/local/up, or mvn verify, which does");
    }
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
            .build();
    shell =
        new Shell(
            Map.of(
                "KUBECONFIG",
                kubeconfig.toString(),
                "PATH",
                home.resolve("bin") + ":" + System.getenv("PATH")));
    namespace =
        purpose.toLowerCase(Locale.ROOT) + "-" + UUID.randomUUID().toString().substring(0, 6);
    client
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
  }

  /** As cluster admin. */
  public KubernetesClient client() {
    return client;
  }

  /** The admin ConfigMap's document, in place of the former one. */
  public void adminConfig(String document) {
    client
        .configMaps()
        .inNamespace(Names.SYSTEM_NAMESPACE)
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(Names.ADMIN_CONFIG_MAP)
                .withNamespace(Names.SYSTEM_NAMESPACE)
                .endMetadata()
                .addToData(Names.ADMIN_CONFIG_KEY, document)
                .build())
        .fieldManager("cluster-admin")
        .forceConflicts()
        .serverSideApply();
  }

  /** The namespace of this class. */
  public String namespace() {
    return namespace;
  }

  /** A program on this machine with the cluster's environment, to be started. */
  public ProcessBuilder start(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(shell.environment());
    return builder;
  }

  Path home() {
    return home;
  }

  /** A program on this machine, which is the node. */
  public Shell.Result host(String... command) {
    return shell.run(command);
  }

  /** kubectl in this class' namespace. */
  public Shell.Result kubectl(String... arguments) {
    return shell.run(prepend(arguments, "kubectl", "--namespace", namespace));
  }

  /** kubectl in this class' namespace, with that on its standard input. */
  Shell.Result kubectlWithInput(String input, String... arguments) {
    return shell.runWithInput(input, prepend(arguments, "kubectl", "--namespace", namespace));
  }

  /** kubectl apply of a manifest in this class' namespace. */
  public Shell.Result apply(String manifest) {
    return shell.runWithInput(
        manifest, "kubectl", "--namespace", namespace, "apply", "--server-side", "-f", "-");
  }

  /** A command in the guest, by the door that people use. */
  public Shell.Result guest(String bottle, String... command) {
    return shell.run(
        prepend(
            command,
            "kubectl",
            "--namespace",
            namespace,
            "exec",
            Names.pod(bottle),
            "-c",
            "gate",
            "--",
            "bottle"));
  }

  /** The Bottle of that name, which must exist. */
  public Bottle bottle(String name) {
    return Objects.requireNonNull(
        client.resources(Bottle.class).inNamespace(namespace).withName(name).get(), name);
  }

  /** Its condition of that type, which must be there. */
  public Condition condition(String bottle, String type) {
    return Objects.requireNonNull(
            Objects.requireNonNull(bottle(bottle).getStatus(), "status").conditions(), "conditions")
        .stream()
        .filter(condition -> condition.getType().equals(type))
        .findFirst()
        .orElseThrow();
  }

  /** Where the runtime keeps the machine of this Bottle. */
  public String machineDirectory(String bottle) {
    return new Shell(Map.of("SMOLVM_DATA_DIR", "/var/lib/bottle/machines"))
        .run(
            "/var/lib/bottle/smolvm/current/smolvm",
            "machine",
            "data-dir",
            "--name",
            Names.machine(bottle(bottle).getMetadata().getUid()))
        .orThrow()
        .strip();
  }

  /** Waits as {@code kubectl wait} does, and on failure says what the Bottle's status was. */
  public void awaitReady(String bottle) {
    var result = kubectl("wait", "bottle/" + bottle, "--for=condition=Ready", "--timeout=150s");
    if (result.exitCode() != 0) {
      throw new AssertionError(
          result.errors()
              + kubectl("get", "bottle", bottle, "-o", "yaml").output()
              + kubectl("get", "pods", "-o", "wide").output()
              + kubectl("get", "events", "--sort-by=.lastTimestamp").output());
    }
  }

  /** For what the cluster does within two minutes. */
  public static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .ignoreExceptions();
  }

  /**
   * Deletes the namespace and waits: finalizers that do not come off are a failure of the product.
   */
  @Override
  public void close() {
    // First: with Pods in it, a namespace's controller waits for half a minute between looks.
    kubectl("delete", "bottles", "--all", "--timeout=120s").orThrow();
    client.namespaces().withName(namespace).delete();
    try {
      await().until(() -> client.namespaces().withName(namespace).get() == null);
    } finally {
      client.close();
    }
  }

  private static String[] prepend(String[] tail, String... head) {
    String[] all = new String[head.length + tail.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(tail, 0, all, head.length, tail.length);
    return all;
  }
}
