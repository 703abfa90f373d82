package dev.bottle.operator.apply;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

/**
 * Takes the annotation away once it was acted upon: a person vouched for one machine, not for the
 * next one that may meet the same node.
 */
public final class ForceReleaseAnnotation {
  private static final PatchContext MERGE =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager(Names.OPERATOR_FIELD_MANAGER)
          .build();

  private final KubernetesClient client;

  public ForceReleaseAnnotation(KubernetesClient client) {
    this.client = client;
  }

  /** Removes it from this Bottle. */
  public void consume(Bottle bottle) {
    client
        .resources(Bottle.class)
        .inNamespace(bottle.getMetadata().getNamespace())
        .withName(bottle.getMetadata().getName())
        .patch(
            MERGE,
            "{\"metadata\":{\"annotations\":{\"" + Names.FORCE_RELEASE_ANNOTATION + "\":null}}}");
  }
}
