package dev.bottle.operator.reconcile;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.BundleStatus;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Conditions;
import dev.bottle.operator.status.Projection;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which updates of a Bottle are news to the operator: spec, deletion, annotations, finalizers, and
 * the agent's part of the status. The SDK's own filter looks at the generation only, which no
 * status write raises, so the agent would never be heard; its alternative lets our own status
 * writes come back as events.
 */
final class BottleChanges implements OnUpdateFilter<Bottle> {
  private static final Set<ConditionType> AGENTS =
      Arrays.stream(ConditionType.values())
          .filter(type -> !Projection.OWNED.contains(type))
          .collect(Collectors.toUnmodifiableSet());

  @Override
  public boolean accept(Bottle changed, Bottle former) {
    return !Objects.equals(metadata(changed), metadata(former))
        || !Objects.equals(agents(changed), agents(former));
  }

  private static List<@Nullable Object> metadata(Bottle bottle) {
    ObjectMeta metadata = bottle.getMetadata();
    return Arrays.<@Nullable Object>asList(
        metadata.getUid(),
        metadata.getGeneration(),
        metadata.getDeletionTimestamp(),
        metadata.getAnnotations(),
        metadata.getFinalizers());
  }

  private static List<@Nullable Object> agents(Bottle bottle) {
    BottleStatus status = bottle.getStatus();
    if (status == null) {
      return Arrays.<@Nullable Object>asList(null, null, null, null, null, List.of());
    }
    BundleStatus bundle = status.bundle();
    return Arrays.<@Nullable Object>asList(
        status.machine(),
        status.provisioned(),
        status.seal(),
        status.requests(),
        bundle == null ? null : bundle.daemons(),
        Conditions.of(status.conditions()).owned(AGENTS));
  }
}
