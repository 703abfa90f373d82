package dev.bottle.system.benchmark;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.json.MalformedDocumentException;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How long an edit of {@code spec.egress.allow} takes until egress enforces it: from the request to
 * the API server to the line of egress's control socket that says so, which comes after it swapped
 * the policy. After each edit the door is asked whether it is true. Runs on the node, as root.
 */
@Command(name = "policy", mixinStandardHelpOptions = true)
public final class PolicyChangeMain implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int SHORT_HASH = 12;
  private static final String NAME = "edited";
  private static final String HOST = "changed.bottle.invalid";

  @Option(names = "--kubeconfig", paramLabel = "FILE")
  private Path kubeconfig = Path.of("/var/lib/bottle-cluster/kubeconfig");

  @Option(names = "--image", required = true, description = "any guest image")
  private String image = "";

  @Option(names = "--edits")
  private int edits = 100;

  /** Exit 0 when every edit was enforced, however late. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new PolicyChangeMain()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, MalformedDocumentException, InterruptedException {
    String namespace = "benchmark-" + UUID.randomUUID().toString().substring(0, 6);
    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
            .build()) {
      client
          .namespaces()
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
          .create();
      try {
        measure(client, namespace);
      } finally {
        client
            .resources(Bottle.class)
            .inNamespace(namespace)
            .withName(NAME)
            .withTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .delete();
        client.namespaces().withName(namespace).delete();
      }
    }
    return 0;
  }

  private void measure(KubernetesClient client, String namespace)
      throws IOException, MalformedDocumentException, InterruptedException {
    client
        .resource(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: %s}
            spec:
              image: %s
              machine: {cpus: 1, memory: 512Mi}
              egress: {allow: [kept.bottle.invalid]}
            """
                .formatted(NAME, image))
        .inNamespace(namespace)
        .create();
    Resource<Bottle> bottle = client.resources(Bottle.class).inNamespace(namespace).withName(NAME);
    Bottle ready =
        bottle.waitUntilCondition(
            PolicyChangeMain::isReady, PATIENCE.toSeconds(), TimeUnit.SECONDS);
    Path directory = Path.of("/run/bottle", shortHash(ready.getMetadata().getUid()));
    Histogram durations = Load.histogram();
    try (EnforcedPolicies policies =
        new EnforcedPolicies(directory.resolve("control-egress/control.sock"))) {
      for (int i = 0; i < edits; i++) {
        boolean allowed = i % 2 == 0;
        String hosts =
            allowed ? "\"kept.bottle.invalid\",\"" + HOST + "\"" : "\"kept.bottle.invalid\"";
        long start = System.nanoTime();
        bottle.patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"egress\":{\"allow\":[" + hosts + "]}}}");
        policies.awaitNext();
        durations.recordValue(System.nanoTime() - start);
        if (Door.allows(directory.resolve("door-egress/egress.sock"), HOST) != allowed) {
          throw new IOException("edit " + i + " is reported and not enforced");
        }
      }
    }
    System.out.printf(
        "edit of spec.egress.allow to enforced, %d edits: p50 %.0f ms, p99 %.0f ms, longest %.0f ms"
            + " (target: p99 3000)%n",
        edits,
        durations.getValueAtPercentile(50) / 1e6,
        durations.getValueAtPercentile(99) / 1e6,
        durations.getMaxValue() / 1e6);
  }

  private static boolean isReady(@Nullable Bottle bottle) {
    return bottle != null
        && bottle.getStatus() != null
        && bottle.getStatus().conditions() != null
        && bottle.getStatus().conditions().stream()
            .anyMatch(condition ->
                condition.getType().equals("Ready") && condition.getStatus().equals("True"));
  }

  /** The directory of its sockets on the node, docs/contracts.md. */
  private static String shortHash(String uid) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(uid.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, SHORT_HASH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
