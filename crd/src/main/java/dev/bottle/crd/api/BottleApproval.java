package dev.bottle.crd.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/**
 * What an agent asks people for, and what a person decided: the operator makes it, a person sets
 * {@code decision} once, and deleting it ends what it allowed (docs/adr/0092).
 */
@Group("bottle.dev")
@Version("v1alpha1")
@Kind("BottleApproval")
@Plural("bottleapprovals")
@Singular("bottleapproval")
@ShortNames("bapr")
@AdditionalPrinterColumn(
    name = "BOTTLE",
    jsonPath = ".spec.bottleName",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "KIND",
    jsonPath = ".spec.kind",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "ASKS",
    jsonPath = ".spec['egress','git','question']['host','url','text']",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "VERDICT",
    jsonPath = ".decision.verdict",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "PHASE",
    jsonPath = ".status.phase",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "METHODS",
    jsonPath = ".spec.egress.methods",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "PATH",
    jsonPath = ".spec.egress.pathPrefix",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "SECONDS",
    jsonPath = ".spec.egress.ttlSeconds",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "UNTIL",
    jsonPath = ".status.notAfter",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "BY",
    jsonPath = ".decision.decidedBy",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "WHY",
    jsonPath = ".spec.reason",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "AGE",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value = "self.metadata.name == self.spec.bottleName + '-' + self.spec.requestId",
    message = "metadata.name: must be spec.bottleName, a hyphen and spec.requestId")
@ValidationRule(
    value = "!has(oldSelf.decision) || (has(self.decision) && self.decision == oldSelf.decision)",
    message =
        "decision: is made once, and neither changed nor taken back; delete the BottleApproval to"
            + " end what it allows")
@ValidationRule(
    value = "!has(self.decision) || self.decision.requestHash == self.spec.requestHash",
    message =
        "decision.requestHash: is not spec.requestHash; read the request again, what it asks for"
            + " may be something else than what was read")
@ValidationRule(
    value =
        "!has(self.decision) || !has(self.decision.ttlSeconds) || (self.decision.verdict =="
            + " 'Approved' && has(self.spec.egress) && self.decision.ttlSeconds <="
            + " self.spec.egress.ttlSeconds)",
    message =
        "decision.ttlSeconds: goes with an approved egress request, and is at most what was asked"
            + " for (spec.egress.ttlSeconds); lower or remove it")
@ValidationRule(
    value =
        "!has(self.decision) || self.spec.kind != 'Question' || self.decision.verdict !="
            + " 'Approved' || (has(self.decision.note) && self.decision.note != '')",
    message = "decision.note: is the answer to the question; write it, or write verdict: Denied")
public class BottleApproval extends CustomResource<BottleApprovalSpec, BottleApprovalStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  @JsonPropertyDescription("What a person decided. Absent: nobody has. Made once.")
  private @Nullable ApprovalDecision decision;

  /** Null while nobody has decided. */
  public @Nullable ApprovalDecision getDecision() {
    return decision;
  }

  public void setDecision(@Nullable ApprovalDecision decision) {
    this.decision = decision;
  }
}
