/** A real egress between a real client and a real TLS origin. */
@NullMarked
package dev.bottle.bundle.egress;

import org.jspecify.annotations.NullMarked;
