package dev.bottle.crd.schema;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/** {@code "tolerations[].key: text"}: describes a field of a type that is not ours. */
public final class Described implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    int colon = input.indexOf(": ");
    SchemaPath.find(schema, input.substring(0, colon)).setDescription(input.substring(colon + 2));
    return schema;
  }
}
