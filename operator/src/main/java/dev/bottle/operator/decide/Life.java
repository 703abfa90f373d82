package dev.bottle.operator.decide;

import dev.bottle.crd.api.MachineStatus;
import dev.bottle.crd.api.Placement;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.cluster.NodeFacts;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.PodPin;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * At most one machine per Bottle: which node holds its life, and when that life has ended. The
 * epoch counts the lives. A Pod carries the epoch that it was made for, so a Pod of the next life
 * is told from one of this life even when both meet the same node.
 */
final class Life {
  static final long FIRST_EPOCH = 1;

  private Life() {}

  /** The agent confirmed that the machine of this placement is gone, disk included. */
  static boolean confirmedAbsent(Observation observation, Placement placement) {
    MachineStatus machine = observation.status().machine();
    return machine != null
        && machine.state() == MachineStatus.State.Absent
        && machine.epoch() != null
        && machine.epoch() == placement.epoch();
  }

  /** A person vouches that the machine of this placement is gone. */
  static boolean forced(Observation observation, Placement placement) {
    Map<String, String> annotations = observation.bottle().getMetadata().getAnnotations();
    return annotations != null
        && placement.nodeName().equals(annotations.get(Names.FORCE_RELEASE_ANNOTATION));
  }

  /** Whether the Bottle carries a person's vouching, for whichever node. */
  static boolean vouched(Observation observation) {
    Map<String, String> annotations = observation.bottle().getMetadata().getAnnotations();
    return annotations != null && annotations.containsKey(Names.FORCE_RELEASE_ANNOTATION);
  }

  /** Whether a Pod of the next life may be made. */
  static boolean ended(Observation observation, Placement placement) {
    return confirmedAbsent(observation, placement) || forced(observation, placement);
  }

  /**
   * The placement after this observation: a Pod of a new life that got its node moves it. The Pod
   * is the record that the former life had ended: it is made for no other reason.
   */
  static @Nullable Placement place(Observation observation, @Nullable Pod pod) {
    Placement current = observation.placement();
    if (pod == null || pod.isMarkedForDeletion() || pod.getSpec().getNodeName() == null) {
      return current;
    }
    long epoch = Math.max(FIRST_EPOCH, PodPin.epoch(pod));
    if (current != null && epoch <= current.epoch()) {
      return current;
    }
    NodeFacts node = observation.cluster().nodes().get(pod.getSpec().getNodeName());
    return node == null ? current : new Placement(node.name(), node.uid(), epoch);
  }
}
