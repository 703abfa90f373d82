package dev.bottle.agent.testing;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleSpec;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.BundleStatus;
import dev.bottle.crd.api.MachineSpec;
import dev.bottle.crd.api.Placement;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/** Bottles as the API server holds them. */
public record Bottles(
    long generation,
    boolean running,
    boolean deleted,
    @Nullable String node,
    long epoch,
    @Nullable String pod,
    String image,
    String memory) {
  /** The UID of all of them. */
  public static final String UID = "0b7c5b1e-0000-4000-8000-00000000000a";

  /** Placed on {@code node-1} with Pod {@code pod-1}. */
  public static Bottles placed() {
    return new Bottles(1, true, false, "node-1", 1, "pod-1", "registry.test/agent:1", "2Gi");
  }

  /** With another Pod, or none. */
  public Bottles pod(@Nullable String other) {
    return new Bottles(generation, running, deleted, node, epoch, other, image, memory);
  }

  /** With another placement. */
  public Bottles on(@Nullable String other, long newEpoch) {
    return new Bottles(generation, running, deleted, other, newEpoch, pod, image, memory);
  }

  /** The next generation, running or not. */
  public Bottles running(boolean now) {
    return new Bottles(generation + 1, now, deleted, node, epoch, pod, image, memory);
  }

  /** Being deleted. */
  public Bottles deleting() {
    return new Bottles(generation + 1, running, true, node, epoch, pod, image, memory);
  }

  /** The next generation with another image. */
  public Bottles image(String other) {
    return new Bottles(generation + 1, running, deleted, node, epoch, pod, other, memory);
  }

  /** The next generation with another size. */
  public Bottles memory(String other) {
    return new Bottles(generation + 1, running, deleted, node, epoch, pod, image, other);
  }

  /** The object. */
  public Bottle build() {
    Bottle bottle = new Bottle();
    bottle.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("demo")
            .withUid(UID)
            .withGeneration(generation)
            .withDeletionTimestamp(deleted ? "2026-01-01T00:00:00Z" : null)
            .build());
    bottle.setSpec(
        new BottleSpec(
            image,
            running,
            new MachineSpec(2, new Quantity(memory), new Quantity("10Gi")),
            null,
            null,
            null,
            null,
            null,
            null,
            null));
    bottle.setStatus(
        new BottleStatus(
            generation,
            null,
            node == null ? null : new Placement(node, "node-uid", epoch),
            null,
            new BundleStatus("bottle-demo", pod, "a".repeat(64), null, null),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null));
    return bottle;
  }
}
