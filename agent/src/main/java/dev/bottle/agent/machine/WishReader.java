package dev.bottle.agent.machine;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.crd.api.AgentSpec;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.KeyReference;
import dev.bottle.crd.api.MachineSpec;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.api.PromptSource;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.json.Sha256;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a Bottle as a wish to one node. Pure. */
public final class WishReader {
  private static final BigDecimal MIB = BigDecimal.valueOf(1L << 20);
  private static final BigDecimal GIB = BigDecimal.valueOf(1L << 30);
  private static final int SHAPE_CHARACTERS = 16;

  /** The doors of this version. A change of them needs a new machine. */
  private static final String DOORS =
      Arrays.stream(Daemon.values()).map(Daemon::wireName).collect(Collectors.joining(" "));

  private final String node;

  /** For that node. */
  public WishReader(String node) {
    this.node = node;
  }

  /**
   * What this Bottle asks.
   *
   * @param endingPod a Pod that is being terminated: its machine must stop although the Bottle
   *     still names it
   */
  public Wish read(Bottle bottle, Optional<String> endingPod) {
    long generation =
        bottle.getMetadata().getGeneration() == null ? 0 : bottle.getMetadata().getGeneration();
    BottleStatus status = bottle.getStatus();
    @Nullable Placement placement = status == null ? null : status.placement();
    if (placement == null || !placement.nodeName().equals(node)) {
      return new Wish.Remove(generation, Optional.empty());
    }
    long epoch = placement.epoch();
    if (bottle.getMetadata().getDeletionTimestamp() != null) {
      return new Wish.Remove(generation, Optional.of(epoch));
    }
    Optional<String> pod =
        Optional.ofNullable(status.bundle())
            .flatMap(bundle -> Optional.ofNullable(bundle.podUID()));
    if (!bottle.getSpec().running()) {
      return new Wish.Rest(
          generation, epoch, Reason.Stopped, "spec.running is false; the disk is kept", pod);
    }
    if (pod.isEmpty()) {
      return new Wish.Rest(
          generation, epoch, Reason.WaitingForPod, "there is no bundle Pod to run for", pod);
    }
    if (pod.equals(endingPod)) {
      return new Wish.Rest(
          generation, epoch, Reason.MachineStopped, "the bundle Pod ends; the disk is kept", pod);
    }
    String image = bottle.getSpec().image();
    return new Wish.Run(
        generation, epoch, pod.get(), image, shape(image), size(bottle.getSpec().machine()));
  }

  /** The object and key that hold the prompt, for people; empty when it is inline or none. */
  static Optional<String> promptSource(Bottle bottle) {
    AgentSpec agent = bottle.getSpec().agent();
    PromptSource prompt = agent == null ? null : agent.prompt();
    if (prompt == null) {
      return Optional.empty();
    }
    return Optional.ofNullable(prompt.configMapKeyRef())
        .map(reference -> source("ConfigMap", reference))
        .or(() ->
            Optional.ofNullable(prompt.secretKeyRef())
                .map(reference -> source("Secret", reference)));
  }

  private static String source(String kind, KeyReference reference) {
    return "key " + reference.key() + " of " + kind + " " + reference.name();
  }

  private static MachineSize size(MachineSpec machine) {
    return new MachineSize(machine.cpus(), in(MIB, machine.memory()), in(GIB, machine.disk()));
  }

  private static long in(BigDecimal unit, Quantity quantity) {
    return Quantity.getAmountInBytes(quantity)
        .divide(unit, 0, RoundingMode.CEILING)
        .longValueExact();
  }

  private static String shape(String image) {
    return Sha256.hex((image + "\n" + DOORS).getBytes(StandardCharsets.UTF_8))
        .substring(0, SHAPE_CHARACTERS);
  }
}
