package dev.bottle.operator.decide;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether an object is already what it should be. The content itself is compared, not a hash noted
 * beside it, so a change by somebody else is seen and undone; labels of others are left alone.
 */
final class Difference {
  private Difference() {}

  static boolean same(ConfigMap desired, @Nullable ConfigMap found) {
    return found != null
        && sameMetadata(desired, found)
        && Objects.equals(desired.getData(), found.getData())
        && (found.getBinaryData() == null || found.getBinaryData().isEmpty());
  }

  /** Rendered with every default spelled out, so the API server adds nothing to the spec. */
  static boolean same(NetworkPolicy desired, @Nullable NetworkPolicy found) {
    return found != null
        && sameMetadata(desired, found)
        && Objects.equals(desired.getSpec(), found.getSpec());
  }

  private static boolean sameMetadata(HasMetadata desired, HasMetadata found) {
    Map<String, String> labels = found.getMetadata().getLabels();
    return labels != null
        && labels.entrySet().containsAll(desired.getMetadata().getLabels().entrySet())
        && found
            .getMetadata()
            .getOwnerReferences()
            .containsAll(desired.getMetadata().getOwnerReferences());
  }
}
