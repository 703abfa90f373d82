/** The proxy that is a guest's only way out: wiring, limits and its process. */
@NullMarked
package dev.bottle.bundle.egress;

import org.jspecify.annotations.NullMarked;
