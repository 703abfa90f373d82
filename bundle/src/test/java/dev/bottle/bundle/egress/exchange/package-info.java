/** Targets and message streams. */
@NullMarked
package dev.bottle.bundle.egress.exchange;

import org.jspecify.annotations.NullMarked;
