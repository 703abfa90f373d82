package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.RoutePolicy;

/** What the policy says of one request to an allowed host. */
public sealed interface RouteDecision {
  /** This route is the first that matches: its credential is set. */
  record Matched(RoutePolicy route) implements RouteDecision {}

  /** No route matches, and it is allowed besides, by host or by a grant: no credential is set. */
  record Plain() implements RouteDecision {}

  /** No route and no grant matches, and the host is not allowed besides. */
  record NotAllowed() implements RouteDecision {}

  /** The path could be read as another one than what routes and grants are matched with. */
  record NotCanonical() implements RouteDecision {}
}
