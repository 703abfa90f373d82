/** How upstreams are reached: addresses, identities, tokens. */
@NullMarked
package dev.bottle.bundle.gitgate.upstream;

import org.jspecify.annotations.NullMarked;
