package dev.bottle.bundle.egress.policy;

import dev.bottle.bundle.egress.route.RouteMatcher;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.TokenSlot;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one reference that everything reads at the moment of its decision. */
public final class PolicyInForce {
  private static final RouteMatcher NO_ROUTES = RouteMatcher.of(List.of(), List.of());

  private final Clock clock;
  private volatile @Nullable Enforcement enforcement;

  /** None yet; grants will end by this clock. */
  public PolicyInForce(Clock clock) {
    this.clock = clock;
  }

  /** Null before the first good policy: everything is refused. */
  public @Nullable Enforcement get() {
    return enforcement;
  }

  /** Of the policy in force; none before the first. */
  public RouteMatcher routes() {
    Enforcement now = enforcement;
    return now == null ? NO_ROUTES : now.routes();
  }

  /** The token slots of the policy in force; none before the first. */
  public List<TokenSlot> slots() {
    Enforcement now = enforcement;
    return now == null ? List.of() : now.policy().slots();
  }

  /**
   * Replaces it.
   *
   * @param behindPipelock whether this egress reaches the internet through pipelock only: a policy
   *     that wants it is no good for one that does not
   * @throws MalformedDocumentException when this is no policy, or none that this egress can enforce
   */
  public Enforcement put(byte[] document, boolean behindPipelock)
      throws MalformedDocumentException {
    Enforcement next = Enforcement.of(document, enforcement, clock);
    if (next.policy().inspection() == Inspection.Pipelock && !behindPipelock) {
      throw new MalformedDocumentException(
          "egress.inspection is Pipelock, and this egress was started without --pipelock");
    }
    enforcement = next;
    return next;
  }
}
