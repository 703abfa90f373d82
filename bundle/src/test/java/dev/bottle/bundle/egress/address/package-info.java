/** Address classes, by example and by property. */
@NullMarked
package dev.bottle.bundle.egress.address;

import org.jspecify.annotations.NullMarked;
