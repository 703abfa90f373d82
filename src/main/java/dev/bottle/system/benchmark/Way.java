package dev.bottle.system.benchmark;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How the load generator gets to the origin.
 *
 * @param proxy that is asked by CONNECT; null for none
 * @param authority PEM of what must have signed the certificate that it meets
 * @param credential the Authorization that it sends itself; null where the proxy sets it
 */
record Way(@Nullable SocketAddress proxy, String authority, @Nullable String credential) {}
