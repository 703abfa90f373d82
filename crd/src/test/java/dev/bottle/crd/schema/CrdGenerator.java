package dev.bottle.crd.schema;

import dev.bottle.crd.api.Bottle;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDGenerator.CRDOutput;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Generates the CRD from the records: {@code CrdGenerator <file>}. */
public final class CrdGenerator {
  private static final String HEADER =
      """
      # Generated from the records in crd/src/main/java/dev/bottle/crd/api; do not edit.
      # Regenerate: mvn -pl crd test-compile exec:exec@crd
      """;

  private CrdGenerator() {}

  /** Writes the CRD. */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[0]), generate());
  }

  /** The CRD as it is checked in. */
  static String generate() {
    var output = new InMemory();
    new CRDGenerator()
        .withParallelGenerationEnabled(false)
        .customResourceClasses(Bottle.class)
        .withPostProcessor(new Completed())
        .withOutput(output)
        .generate();
    String yaml = output.bytes.toString(StandardCharsets.UTF_8);
    return HEADER + yaml.substring(yaml.indexOf("apiVersion:"));
  }

  /** What no annotation of the generator says: the order of columns, and the root's own texts. */
  private static final class Completed implements CRDPostProcessor {
    private static final List<String> COLUMNS =
        List.of("PHASE", "READY", "REASON", "NODE", "DENIED", "IMAGE", "BOOT", "SEALED", "AGE");

    @Override
    public HasMetadata process(HasMetadata object, String version) {
      var crd = (CustomResourceDefinition) object;
      var v1alpha1 = crd.getSpec().getVersions().getFirst();
      v1alpha1.setAdditionalPrinterColumns(
          v1alpha1.getAdditionalPrinterColumns().stream()
              .sorted(Comparator.comparingInt(column -> COLUMNS.indexOf(column.getName())))
              .toList());
      var root = v1alpha1.getSchema().getOpenAPIV3Schema();
      root.setDescription(
          "A coding agent sealed in a microVM whose only way out is its own bundle of proxies.");
      root.setRequired(List.of("spec"));
      SchemaPath.find(root, "spec").setDescription("What a person asks for.");
      SchemaPath.find(root, "status")
          .setDescription("What the operator and the node agent saw. Each field has one writer.");
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
