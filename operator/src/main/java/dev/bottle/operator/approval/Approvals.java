package dev.bottle.operator.approval;

import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.ApprovalPhase;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.api.BottleApprovalStatus;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.Identity;
import dev.bottle.operator.render.Supervision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of a Bottle's agent and the BottleApprovals that are there lead to. Pure, and
 * from the status alone: requests are open for as long as the agent says so and may ask. A decision
 * is never written here, and counts only once it is recorded (docs/adr/0093).
 */
public final class Approvals {
  /** Open requests of a Bottle; what is beyond waits. */
  public static final int MAX_OPEN = 20;

  /** Active grants of a Bottle. */
  public static final int MAX_GRANTS = 20;

  /** Decided BottleApprovals that are kept for people to read. */
  public static final int MAX_DECIDED = 20;

  private static final Pattern ID = Pattern.compile("r[a-z0-9]{16}");

  private final Bottle bottle;
  private final Instant now;
  private final BottleStatus said;
  private final List<BottleApproval> there;
  private final TreeMap<String, AgentRequest> requests = new TreeMap<>();
  private final TreeMap<String, Asked> open = new TreeMap<>();

  private Approvals(Observation observation) {
    bottle = observation.bottle();
    now = observation.now();
    there = observation.approvals();
    said = observation.status();
    // An agent that may not ask is not asked what it asks: what its status says is left over.
    for (AgentRequest request :
        Supervision.isOn(bottle) ? listed(said.requests()) : List.<AgentRequest>of()) {
      Optional<Asked> asked = Asked.of(request);
      if (asked.isPresent() && ID.matcher(request.id()).matches() && open.size() < MAX_OPEN) {
        requests.put(request.id(), request);
        open.put(request.id(), asked.get());
      }
    }
  }

  /** The one plan for this observation. */
  public static ApprovalPlan decide(Observation observation) {
    return observation.bottle().isMarkedForDeletion()
        ? ApprovalPlan.NOTHING
        : new Approvals(observation).plan();
  }

  /** Those of these grants whose time is not over: that is how egress ends them, too. */
  public static List<GrantStatus> lasting(@Nullable List<GrantStatus> grants, Instant now) {
    return listed(grants).stream()
        .filter(grant -> Times.parse(grant.notAfter()).filter(now::isBefore).isPresent())
        .toList();
  }

  private ApprovalPlan plan() {
    List<BottleApproval> own =
        there.stream()
            .filter(approval -> Identity.owns(bottle, approval))
            .filter(
                approval -> bottle.getMetadata().getUid().equals(approval.getSpec().bottleUid()))
            .filter(approval -> !approval.isMarkedForDeletion())
            .sorted(Comparator.comparing(approval -> approval.getMetadata().getName()))
            .toList();
    List<GrantStatus> active =
        own.stream().flatMap(approval -> Granting.active(approval, now).stream()).toList();
    List<GrantStatus> grants = active.stream().limit(MAX_GRANTS).toList();
    List<String> surplus = active.stream().skip(MAX_GRANTS).map(GrantStatus::approval).toList();
    Room room =
        new Room(
            active.size(),
            (int) own.stream().filter(approval -> Granting.isPossible(approval, now)).count());
    List<BottleApproval> remove = new ArrayList<>(outlived(own));
    List<ApprovalPlan.Recording> record = new ArrayList<>();
    List<BottleApproval> pending = new ArrayList<>();
    for (BottleApproval approval : own) {
      if (approval.getDecision() == null && !isOpen(approval)) {
        remove.add(approval);
        continue;
      }
      Standing standing = new Standing(approval, open.get(approval.getSpec().requestId()), now);
      BottleApprovalStatus status = standing.status();
      if (surplus.contains(approval.getMetadata().getName())) {
        status = standing.surplus(status);
      } else if (begins(approval, status)) {
        Room.Answer answer = room.next();
        if (answer == Room.Answer.NotYet) {
          continue;
        }
        status = answer == Room.Answer.Yes ? status : standing.refused();
      }
      if (!status.equals(approval.getStatus())) {
        record.add(new ApprovalPlan.Recording(approval, status));
      }
      if (status.phase() == ApprovalPhase.Pending) {
        pending.add(approval);
      }
    }
    List<BottleApproval> create = create(pending.size());
    Answers answers =
        Answers.of(own.stream().filter(this::isOpen).toList(), grants, listed(said.decisions()));
    return new ApprovalPlan(
        create,
        record,
        remove,
        answers.decisions(),
        answers.opened(),
        grants,
        pending.size() + create.size(),
        next(grants, pending));
  }

  /** Whether it is recorded now that a grant begins. */
  private static boolean begins(BottleApproval approval, BottleApprovalStatus status) {
    return Standing.phase(approval) == ApprovalPhase.Pending
        && status.phase() == ApprovalPhase.Applied
        && status.notAfter() != null;
  }

  /** Whether the agent still asks for exactly this. */
  private boolean isOpen(BottleApproval approval) {
    Asked request = open.get(approval.getSpec().requestId());
    return request != null && request.hash().equals(approval.getSpec().requestHash());
  }

  private List<BottleApproval> create(int pending) {
    List<String> taken = there.stream().map(found -> found.getMetadata().getName()).toList();
    String name = bottle.getMetadata().getName();
    return requests.values().stream()
        .filter(request -> !taken.contains(Names.approval(name, request.id())))
        .filter(request -> !asked(request).isExpired(now))
        .sorted(Comparator.comparing(AgentRequest::requestedAt).thenComparing(AgentRequest::id))
        .limit(Math.max(0, MAX_OPEN - pending))
        .map(request -> ApprovalRenderer.render(bottle, request, asked(request)))
        .toList();
  }

  private Asked asked(AgentRequest request) {
    return Objects.requireNonNull(open.get(request.id()), "read with its request");
  }

  /** Decided ones that allow nothing and that no agent waits for, but the newest. */
  private List<BottleApproval> outlived(List<BottleApproval> own) {
    return own.stream()
        .filter(approval -> approval.getDecision() != null)
        .filter(approval -> Standing.phase(approval) != ApprovalPhase.Pending)
        .filter(approval -> Granting.active(approval, now).isEmpty())
        .filter(approval -> !open.containsKey(approval.getSpec().requestId()))
        .sorted(Comparator.comparing(Approvals::decidedAt).reversed())
        .skip(MAX_DECIDED)
        .toList();
  }

  private static String decidedAt(BottleApproval approval) {
    BottleApprovalStatus status = approval.getStatus();
    return status == null || status.decidedAt() == null ? "" : status.decidedAt();
  }

  private @Nullable Instant next(List<GrantStatus> grants, List<BottleApproval> pending) {
    return Stream.of(
            grants.stream().flatMap(grant -> Times.parse(grant.notAfter()).stream()),
            lasting(said.grants(), now).stream()
                .flatMap(grant -> Times.parse(grant.notAfter()).stream()),
            pending.stream()
                .flatMap(approval -> Asked.of(approval.getSpec()).stream())
                .map(Asked::expiresAt))
        .flatMap(times -> times)
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  private static <T> List<T> listed(@Nullable List<T> values) {
    return values == null ? List.of() : values;
  }
}
