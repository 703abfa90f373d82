package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Map;
import java.util.TreeMap;

/** Names, labels and the owner of everything that belongs to one Bottle. */
public final class Identity {
  private Identity() {}

  /** The label selector of everything that this operator manages. */
  public static final String MANAGED_SELECTOR =
      "app.kubernetes.io/managed-by=" + Names.OPERATOR_FIELD_MANAGER;

  /** Name, labels and owner of an object of this Bottle. */
  public static ObjectMeta metadata(Bottle bottle, String name) {
    return new ObjectMetaBuilder()
        .withNamespace(bottle.getMetadata().getNamespace())
        .withName(name)
        .withLabels(labels(bottle))
        .withOwnerReferences(owner(bottle))
        .build();
  }

  /** The labels of everything that belongs to this Bottle. */
  public static Map<String, String> labels(Bottle bottle) {
    String name = bottle.getMetadata().getName();
    return new TreeMap<>(
        Map.of(
            "app.kubernetes.io/name",
            "bottle",
            "app.kubernetes.io/instance",
            name,
            "app.kubernetes.io/component",
            "bundle",
            "app.kubernetes.io/managed-by",
            Names.OPERATOR_FIELD_MANAGER,
            "app.kubernetes.io/part-of",
            "bottle",
            Names.BOTTLE_LABEL,
            name));
  }

  static OwnerReference owner(Bottle bottle) {
    return new OwnerReferenceBuilder()
        .withApiVersion(bottle.getApiVersion())
        .withKind(bottle.getKind())
        .withName(bottle.getMetadata().getName())
        .withUid(bottle.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(true)
        .build();
  }

  /** Whether the object carries every label by which this operator finds it. */
  public static boolean isLabelled(Bottle bottle, HasMetadata object) {
    Map<String, String> found = object.getMetadata().getLabels();
    return found != null && found.entrySet().containsAll(labels(bottle).entrySet());
  }

  /** Whether this very Bottle, and not a former one of the same name, controls the object. */
  public static boolean owns(Bottle bottle, HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner ->
            Boolean.TRUE.equals(owner.getController())
                && bottle.getMetadata().getUid().equals(owner.getUid()));
  }
}
