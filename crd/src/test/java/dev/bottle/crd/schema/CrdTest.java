package dev.bottle.crd.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.policy.HostPattern;
import dev.bottle.crd.policy.RoutePolicy;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CrdTest {
  private static final Path CHECKED_IN = Path.of("../deploy/base/crd");

  static Set<String> files() {
    return CrdGenerator.generate().keySet();
  }

  @ParameterizedTest
  @MethodSource("files")
  void theCheckedInCrdIsTheGeneratedOne(String file) throws IOException {
    assertThat(Files.readString(CHECKED_IN.resolve(file)))
        .as("%s is stale; regenerate: mvn -pl crd test-compile exec:exec@crd", file)
        .isEqualTo(CrdGenerator.generate().get(file));
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyFieldIsDescribedForKubectlExplain(String file) {
    List<String> silent = new ArrayList<>();
    walk(
        "",
        root(file),
        (path, schema) -> {
          if (schema.getDescription() == null || schema.getDescription().isBlank()) {
            silent.add(path);
          }
        });
    assertThat(silent).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyListOfTheSpecIsBounded(String file) {
    // CEL's cost, and the sizes of ConfigMap and Pod, depend on it.
    List<String> unbounded = new ArrayList<>();
    walk(
        "",
        root(file),
        (path, schema) -> {
          if ("array".equals(schema.getType()) && schema.getMaxItems() == null) {
            unbounded.add(path);
          }
          boolean bounded =
              schema.getMaxLength() != null
                  || schema.getFormat() != null
                  || (schema.getEnum() != null && !schema.getEnum().isEmpty());
          if ("string".equals(schema.getType()) && !bounded) {
            unbounded.add(path);
          }
        });
    assertThat(unbounded).isEmpty();
  }

  @Test
  void theServerChecksHostsByTheGrammarThatEgressReads() {
    assertThat(Check.Host.rule()).isEqualTo("self.matches('" + HostPattern.GRAMMAR + "')");
    assertThat(Check.Host.maxLength()).isEqualTo(HostPattern.MAX_LENGTH);
    // Neither CEL nor YAML has anything to unescape in it.
    assertThat(HostPattern.GRAMMAR).doesNotContain("\\").doesNotContain("'");
  }

  @Test
  void theServerChecksPathsByTheGrammarThatEgressReads() {
    assertThat(Check.RequestPath.rule())
        .isEqualTo(
            "self != '' && self.matches('"
                + RoutePolicy.PATH_GRAMMAR
                + "') && !self.matches('"
                + RoutePolicy.DOT_SEGMENT
                + "')");
    assertThat(Check.RequestPath.maxLength()).isEqualTo(RoutePolicy.MAX_PATH_LENGTH);
    assertThat(RoutePolicy.PATH_GRAMMAR + RoutePolicy.DOT_SEGMENT)
        .doesNotContain("\\")
        .doesNotContain("'");
  }

  private static JSONSchemaProps root(String file) {
    return Serialization.unmarshal(
            CrdGenerator.generate().get(file), CustomResourceDefinition.class)
        .getSpec()
        .getVersions()
        .getFirst()
        .getSchema()
        .getOpenAPIV3Schema();
  }

  private static void walk(String path, JSONSchemaProps schema, Visitor visitor) {
    if (schema.getProperties() != null) {
      schema
          .getProperties()
          .forEach((name, field) -> {
            visitor.visit(path + "." + name, field);
            walk(path + "." + name, field, visitor);
          });
    }
    if (schema.getItems() != null) {
      walk(path + "[]", schema.getItems().getSchema(), visitor);
    }
  }

  private interface Visitor {
    void visit(String path, JSONSchemaProps schema);
  }
}
