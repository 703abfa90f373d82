package dev.bottle.crd.schema;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/** {@code "allow"}: server-side apply merges the list by its values, and refuses duplicates. */
public final class ListSet implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    SchemaPath.find(schema, input).setXKubernetesListType("set");
    return schema;
  }
}
