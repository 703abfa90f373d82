package dev.bottle.agent.machine;

import dev.bottle.agent.provision.GuestMaterial;
import dev.bottle.agent.provision.MaterialResult;
import dev.bottle.crd.condition.Reason;
import java.util.Optional;

/**
 * A view, with what the next act and the status need beside it.
 *
 * @param material of the Pod's volumes, when complete
 * @param incomplete why it is not
 * @param policyHash that egress of the wished Pod serves now
 */
record Observed(
    View view,
    Optional<GuestMaterial> material,
    Optional<MaterialResult.Incomplete> incomplete,
    Optional<String> policyHash,
    Optional<Long> bootMillis) {
  /** A volume shows that a prompt is missing; only the Bottle knows what it was to come from. */
  Observed namingPrompt(Optional<String> source) {
    Optional<MaterialResult.Incomplete> named =
        incomplete.map(missing ->
            missing.reason() == Reason.PromptMissing && source.isPresent()
                ? new MaterialResult.Incomplete(missing.reason(), source.get() + " does not exist")
                : missing);
    return new Observed(view, material, named, policyHash, bootMillis);
  }
}
