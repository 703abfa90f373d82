/** A real ssh server as upstream, and real git as the guest's. */
@NullMarked
package dev.bottle.bundle.gitgate.testing;

import org.jspecify.annotations.NullMarked;
