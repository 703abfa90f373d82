package dev.bottle.crd.schema;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;

/** {@code "nodeSelector"}: the values of that map are values of labels. */
public final class LabelValues implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    JSONSchemaProps map = SchemaPath.find(schema, input);
    map.setMaxProperties(32L);
    JSONSchemaProps value = map.getAdditionalProperties().getSchema();
    value.setMaxLength(63L);
    value.setXKubernetesValidations(
        List.of(
            new ValidationRuleBuilder()
                .withRule("self.matches('^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$')")
                .withMessage(
                    "must be the value of a label: letters, digits, - _ and ., beginning and"
                        + " ending with a letter or digit")
                .build()));
    return schema;
  }
}
