/** A guest, its relay, an origin and an egress between them, all with real sockets. */
@NullMarked
package dev.bottle.bundle.egress.testing;

import org.jspecify.annotations.NullMarked;
