package dev.bottle.operator.render;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirementBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Which life of the machine a Pod belongs to and, once it has one, the node that it must run on. By
 * affinity and never by spec.nodeName, which would go round the scheduler, its resource accounting
 * and cordons.
 */
public final class PodPin {
  /** The placement epoch that a Pod was made for. */
  public static final String EPOCH_ANNOTATION = "bottle.dev/placement-epoch";

  private PodPin() {}

  /** The Pod for the given epoch, free to go to any fit node or bound to the named one. */
  public static Pod pin(Pod rendered, long epoch, @Nullable String node) {
    return new PodBuilder(rendered)
        .editMetadata()
        .addToAnnotations(EPOCH_ANNOTATION, Long.toString(epoch))
        .endMetadata()
        .editSpec()
        .withAffinity(node == null ? null : affinity(node))
        .endSpec()
        .build();
  }

  /** The epoch that this Pod was made for; 0, which no placement has, when it does not say. */
  public static long epoch(Pod pod) {
    String value =
        pod.getMetadata().getAnnotations() == null
            ? null
            : pod.getMetadata().getAnnotations().get(EPOCH_ANNOTATION);
    try {
      return value == null ? 0 : Long.parseLong(value);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static Affinity affinity(String node) {
    return new AffinityBuilder()
        .withNewNodeAffinity()
        .withNewRequiredDuringSchedulingIgnoredDuringExecution()
        .withNodeSelectorTerms(
            new NodeSelectorTermBuilder()
                .withMatchFields(
                    new NodeSelectorRequirementBuilder()
                        .withKey("metadata.name")
                        .withOperator("In")
                        .withValues(node)
                        .build())
                .build())
        .endRequiredDuringSchedulingIgnoredDuringExecution()
        .endNodeAffinity()
        .build();
  }
}
