package dev.bottle.crd.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code "conditions"}: metav1.Condition with its texts and bounds, which the Java type does not
 * carry (apimachinery, pkg/apis/meta/v1/types.go).
 */
public final class StandardConditions implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    JSONSchemaProps item = SchemaPath.find(schema, input).getItems().getSchema();
    item.setRequired(List.of("lastTransitionTime", "message", "reason", "status", "type"));
    text(item, "type", "What is true or not, such as Ready.", 316);
    JSONSchemaProps status = text(item, "status", "True, False or Unknown.", null);
    status.setEnum(
        Stream.of("True", "False", "Unknown")
            .<JsonNode>map(JsonNodeFactory.instance::textNode)
            .toList());
    text(item, "reason", "Why, in one word; docs/reasons.md has cause and remedy.", 1024)
        .setPattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$");
    text(item, "message", "Why, for people: the cause and the remedy.", 32768);
    text(item, "lastTransitionTime", "When the status last changed.", null).setFormat("date-time");
    JSONSchemaProps generation =
        text(item, "observedGeneration", "The generation of the spec that this is about.", null);
    generation.setFormat("int64");
    generation.setMinimum(0.0);
    return schema;
  }

  private static JSONSchemaProps text(
      JSONSchemaProps item, String field, String description, @Nullable Integer maxLength) {
    JSONSchemaProps schema = SchemaPath.find(item, field);
    schema.setDescription(description);
    schema.setMaxLength(maxLength == null ? null : maxLength.longValue());
    return schema;
  }
}
