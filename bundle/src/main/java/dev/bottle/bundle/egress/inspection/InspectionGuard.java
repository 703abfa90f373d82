package dev.bottle.bundle.egress.inspection;

import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.PolicyInForce;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.route.Token;
import dev.bottle.bundle.egress.route.Tokens;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.OnMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps secrets from leaving in requests and WebSocket frames, where the policy has an inspection:
 * before pipelock, too, which knows neither the Bottle's tokens nor every spelling of its canary.
 * Comes after the guest's credentials were taken away and before the route's is set.
 */
public final class InspectionGuard implements Guard {
  /** What a name that carries data is refused by. */
  static final String HOST_RULE = "HostLabelEntropy";

  private static final List<Rule> FORMATS = RuleFile.read();
  private static final int PORT = 443;

  private final PolicyInForce policy;
  private final Supplier<Tokens> tokens;
  private final Sighting sighting;
  private volatile @Nullable Known known;

  /**
   * A guard by this policy and these tokens, as they are at each exchange's beginning.
   *
   * @param sighting is told what was found
   */
  public InspectionGuard(PolicyInForce policy, Supplier<Tokens> tokens, Sighting sighting) {
    this.policy = policy;
    this.tokens = tokens;
    this.sighting = sighting;
  }

  /** The needles, as long as neither canary nor tokens change. */
  private record Known(String canary, Tokens tokens, Needles needles) {
    /** The canary is not for logs. */
    @Override
    public String toString() {
      return "Known";
    }
  }

  @Override
  public ExchangeGuard open(String host) {
    Enforcement now = policy.get();
    return now == null || !inspects(now)
        ? new Uninspected()
        : new InspectedExchange(host, now, needles(now.policy().canary(), tokens.get()), sighting);
  }

  @Override
  public Optional<Refusal> refusal(String host) {
    Enforcement now = policy.get();
    if (now == null || !inspects(now) || !HostLabels.carryData(host, now)) {
      return Optional.empty();
    }
    sighting.tell(host, HOST_RULE, "Host", OnMatch.Block);
    return Optional.of(new Refusal(403, Reason.SecretFound, HOST_RULE, host, PORT));
  }

  /** Lasts until the policy wants an inspection: what went by already was not seen. */
  private final class Uninspected implements ExchangeGuard {
    @Override
    public boolean isPermitted() {
      Enforcement now = policy.get();
      return now == null || !inspects(now);
    }
  }

  private static boolean inspects(Enforcement enforcement) {
    return enforcement.policy().inspection() != Inspection.None;
  }

  private Needles needles(String canary, Tokens values) {
    Known last = known;
    if (last == null || !last.canary().equals(canary) || last.tokens() != values) {
      last = new Known(canary, values, build(canary, values));
      known = last;
    }
    return last.needles();
  }

  private static Needles build(String canary, Tokens values) {
    List<Rule> rules = new ArrayList<>(FORMATS);
    if (!canary.isEmpty()) {
      rules.add(new Rule.Value("Canary", Finding.Kind.CANARY, canary));
    }
    for (Token token : values.all()) {
      if (token.value().length() >= Rule.Value.MIN_LENGTH) {
        rules.add(new Rule.Value("OwnToken", Finding.Kind.OWN_TOKEN, token.value()));
      }
    }
    return Needles.of(rules);
  }
}
