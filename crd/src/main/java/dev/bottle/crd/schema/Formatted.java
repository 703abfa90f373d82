package dev.bottle.crd.schema;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;

/** {@code "epoch as int64"}: sets a format that the generator does not derive. */
public final class Formatted implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    List<String> parts = List.of(input.split(" as ", 2));
    SchemaPath.find(schema, parts.getFirst()).setFormat(parts.getLast());
    return schema;
  }
}
