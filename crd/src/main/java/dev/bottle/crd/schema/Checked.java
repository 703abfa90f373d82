package dev.bottle.crd.schema;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code "allow[] is Host"}: the value there must pass the {@link Check}. On the value itself and
 * not on its parent, so that the API server's message names the very field and index.
 */
public final class Checked implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    List<String> parts = List.of(input.split(" is ", 2));
    JSONSchemaProps value = SchemaPath.find(schema, parts.getFirst());
    Check check = Check.valueOf(parts.getLast());
    List<ValidationRule> rules = new ArrayList<>();
    if (value.getXKubernetesValidations() != null) {
      rules.addAll(value.getXKubernetesValidations());
    }
    rules.add(
        new ValidationRuleBuilder().withRule(check.rule()).withMessage(check.message()).build());
    value.setXKubernetesValidations(rules);
    if (check.maxLength() > 0 && value.getMaxLength() == null) {
      value.setMaxLength((long) check.maxLength());
    }
    return schema;
  }
}
