/** Address classes, by example and by property. */
@NullMarked
package dev.bottle.bundle.address;

import org.jspecify.annotations.NullMarked;
