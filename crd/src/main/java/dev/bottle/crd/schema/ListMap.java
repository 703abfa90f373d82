package dev.bottle.crd.schema;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code "conditions by type"}: server-side apply merges the list by that key, and two entries with
 * one key are refused. The generator has no annotation for it (fabric8 #6668).
 */
public final class ListMap implements SchemaCustomizer.Customizer {
  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    List<String> parts = List.of(input.split(" by ", 2));
    JSONSchemaProps list = SchemaPath.find(schema, parts.getFirst());
    list.setXKubernetesListType("map");
    list.setXKubernetesListMapKeys(List.of(parts.getLast()));
    JSONSchemaProps item = list.getItems().getSchema();
    if (item.getRequired() == null || !item.getRequired().contains(parts.getLast())) {
      List<String> required = new ArrayList<>(List.of(parts.getLast()));
      if (item.getRequired() != null) {
        required.addAll(item.getRequired());
      }
      item.setRequired(required.stream().sorted().toList());
    }
    return schema;
  }
}
