package dev.bottle.crd.schema;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;

/** Finds a part of a schema by a path such as {@code tolerations[].key}. */
final class SchemaPath {
  private SchemaPath() {}

  /**
   * The schema at the path below that root.
   *
   * @throws IllegalArgumentException when a field of the path does not exist, so that a renamed
   *     field cannot lose its rules silently
   */
  static JSONSchemaProps find(JSONSchemaProps root, String path) {
    JSONSchemaProps schema = root;
    for (String step : path.split("\\.", -1)) {
      String field = step.replace("[]", "");
      JSONSchemaProps next =
          schema.getProperties() == null ? null : schema.getProperties().get(field);
      if (next == null) {
        throw new IllegalArgumentException("no field " + field + " of " + path + " in the schema");
      }
      schema = step.endsWith("[]") ? next.getItems().getSchema() : next;
    }
    return schema;
  }
}
