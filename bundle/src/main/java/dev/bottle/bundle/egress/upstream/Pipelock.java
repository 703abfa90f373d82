package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.egress.policy.TrustedRoots;
import java.net.InetSocketAddress;

/**
 * The pipelock of this Pod: the only way to the internet where there is one.
 *
 * @param address on which it proxies, resolved
 * @param authority its own, and nothing else: a certificate of anybody else means that it did not
 *     look into the tunnel
 * @param suspected called when it did not serve a request as it should; does not block
 */
public record Pipelock(InetSocketAddress address, TrustedRoots authority, Runnable suspected) {}
