package dev.bottle.agent.smolvm;

import java.util.Map;
import java.util.Optional;

/**
 * What a machine's record says about whose it is. Set at creation, immutable.
 *
 * @param uid of the Bottle
 * @param epoch of the placement that it was created for
 * @param shape the hash of what only a new machine can change
 */
public record MachineLabels(String uid, long epoch, String shape) {
  static final String UID = "bottle.dev/uid";
  static final String EPOCH = "bottle.dev/epoch";
  static final String SHAPE = "bottle.dev/shape";

  /** Empty when the machine is not one of ours. */
  static Optional<MachineLabels> parse(Map<String, String> labels) {
    String uid = labels.get(UID);
    String epoch = labels.get(EPOCH);
    String shape = labels.get(SHAPE);
    if (uid == null || epoch == null || shape == null || !epoch.matches("\\d{1,18}")) {
      return Optional.empty();
    }
    return Optional.of(new MachineLabels(uid, Long.parseLong(epoch), shape));
  }
}
