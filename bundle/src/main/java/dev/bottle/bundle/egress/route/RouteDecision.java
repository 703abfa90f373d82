package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.RoutePolicy;

/** What the policy says of one request to an allowed host. */
public sealed interface RouteDecision {
  /** This route is the first that matches: its credential is set. */
  record Matched(RoutePolicy route) implements RouteDecision {}

  /** No route matches, and the host is allowed besides: it goes on without a credential. */
  record Plain() implements RouteDecision {}

  /** No route matches, and the host is allowed only for its routes. */
  record NotAllowed() implements RouteDecision {}

  /** The path could be read as another one than what routes are matched with. */
  record NotCanonical() implements RouteDecision {}
}
