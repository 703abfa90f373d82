package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.Limits;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.policy.PolicyInForce;
import dev.bottle.bundle.egress.refusal.Refusals;
import dev.bottle.bundle.egress.upstream.Connector;

/** What all tunnels share. */
public record TunnelContext(
    PolicyInForce policy, Connector connector, Guard guard, Refusals refusals, Limits limits) {}
