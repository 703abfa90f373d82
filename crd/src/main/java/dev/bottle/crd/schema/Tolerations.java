package dev.bottle.crd.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code "tolerations"}: the fields of core/v1 Toleration, whose Java type carries neither texts
 * nor bounds. The rules are those of a Pod, so that a wrong one is refused here and not later.
 */
public final class Tolerations implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    JSONSchemaProps item = SchemaPath.find(schema, input).getItems().getSchema();
    text(item, "key", "The key of the taint; none with operator Exists means every taint.", 317);
    text(item, "value", "The value of the taint, with operator Equal.", 63);
    oneOf(text(item, "operator", "Exists or Equal. Default: Equal.", 16), "Exists", "Equal");
    oneOf(
        text(item, "effect", "The effect of the taint. Default: every effect.", 32),
        "NoSchedule",
        "PreferNoSchedule",
        "NoExecute");
    JSONSchemaProps seconds = SchemaPath.find(item, "tolerationSeconds");
    seconds.setFormat("int64");
    seconds.setDescription(
        "With effect NoExecute: how long the taint is tolerated, in seconds. Default: forever.");
    item.setXKubernetesValidations(
        List.of(
            new ValidationRuleBuilder()
                .withRule(
                    "!(has(self.operator) && self.operator == 'Exists') || !has(self.value) ||"
                        + " self.value == ''")
                .withMessage("operator Exists takes no value; remove value or use Equal")
                .build(),
            new ValidationRuleBuilder()
                .withRule(
                    "(has(self.key) && self.key != '') || (has(self.operator) && self.operator =="
                        + " 'Exists')")
                .withMessage("without a key the operator must be Exists; add one of them")
                .build(),
            new ValidationRuleBuilder()
                .withRule(
                    "!has(self.tolerationSeconds) || (has(self.effect) && self.effect =="
                        + " 'NoExecute')")
                .withMessage("tolerationSeconds goes with effect NoExecute only; remove it")
                .build()));
    return schema;
  }

  private static JSONSchemaProps text(
      JSONSchemaProps item, String field, String description, long maxLength) {
    JSONSchemaProps schema = SchemaPath.find(item, field);
    schema.setDescription(description);
    schema.setMaxLength(maxLength);
    return schema;
  }

  private static void oneOf(JSONSchemaProps schema, String... values) {
    schema.setMaxLength(null);
    schema.setEnum(Stream.of(values).<JsonNode>map(JsonNodeFactory.instance::textNode).toList());
  }
}
