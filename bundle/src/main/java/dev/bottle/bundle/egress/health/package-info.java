/** The health address. */
@NullMarked
package dev.bottle.bundle.egress.health;

import org.jspecify.annotations.NullMarked;
