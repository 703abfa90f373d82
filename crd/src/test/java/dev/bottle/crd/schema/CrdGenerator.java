package dev.bottle.crd.schema;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDGenerator.CRDOutput;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Generates the CRDs from the records: {@code CrdGenerator <directory>}. */
public final class CrdGenerator {
  private static final String HEADER =
      """
      # Generated from the records in crd/src/main/java/dev/bottle/crd/api; do not edit.
      # Regenerate: mvn -pl crd test-compile exec:exec@crd
      """;

  private static final Completed BOTTLE =
      new Completed(
          List.of(
              "PHASE", "READY", "REASON", "NODE", "DENIED", "PENDING", "IMAGE", "BOOT", "SEALED",
              "AGE"),
          Map.of(
              "",
              "A coding agent sealed in a microVM whose only way out is its own bundle of proxies.",
              "spec",
              "What a person asks for.",
              "status",
              "What the operator and the node agent saw. Each field has one writer."));

  private static final Completed APPROVAL =
      new Completed(
          List.of("BOTTLE", "KIND", "ASKS", "VERDICT", "PHASE", "UNTIL", "BY", "WHY", "AGE"),
          Map.of(
              "",
              "What the agent of a Bottle asks people for, and what a person decided. Made by the"
                  + " operator; deleting it ends what it allows.",
              "spec",
              "What the agent asks for, in its own words. Never changed.",
              "status",
              "What the operator made of it."));

  private CrdGenerator() {}

  /** Writes the CRDs. */
  public static void main(String[] arguments) throws IOException {
    for (Map.Entry<String, String> file : generate().entrySet()) {
      Files.writeString(Path.of(arguments[0]).resolve(file.getKey()), file.getValue());
    }
  }

  /** The CRDs as they are checked in, by the names of their files. */
  static Map<String, String> generate() {
    return new TreeMap<>(
        Map.of(
            "bottles.bottle.dev.yaml",
            generate(Bottle.class, BOTTLE),
            "bottleapprovals.bottle.dev.yaml",
            generate(BottleApproval.class, APPROVAL)));
  }

  private static String generate(
      Class<? extends CustomResource<?, ?>> type, CRDPostProcessor completed) {
    var output = new InMemory();
    new CRDGenerator()
        .withParallelGenerationEnabled(false)
        .customResourceClasses(type)
        .withPostProcessor(completed)
        .withOutput(output)
        .generate();
    String yaml = output.bytes.toString(StandardCharsets.UTF_8);
    return HEADER + yaml.substring(yaml.indexOf("apiVersion:"));
  }

  /**
   * What no annotation of the generator says.
   *
   * @param columns in their order
   * @param texts by path; the root's is empty
   */
  private record Completed(List<String> columns, Map<String, String> texts)
      implements CRDPostProcessor {
    @Override
    public HasMetadata process(HasMetadata object, String version) {
      var crd = (CustomResourceDefinition) object;
      var v1alpha1 = crd.getSpec().getVersions().getFirst();
      v1alpha1.setAdditionalPrinterColumns(
          v1alpha1.getAdditionalPrinterColumns().stream()
              .sorted(Comparator.comparingInt(column -> columns.indexOf(column.getName())))
              .toList());
      var root = v1alpha1.getSchema().getOpenAPIV3Schema();
      root.setRequired(List.of("spec"));
      texts.forEach((path, text) -> {
        var described = path.isEmpty() ? root : SchemaPath.find(root, path);
        described.setDescription(text);
      });
      return crd;
    }
  }

  private static final class InMemory implements CRDOutput<ByteArrayOutputStream> {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public ByteArrayOutputStream outputFor(String name) {
      return bytes;
    }

    @Override
    public void close() {}
  }
}
