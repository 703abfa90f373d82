/** The operator process: configuration and wiring. */
@NullMarked
package dev.bottle.operator;

import org.jspecify.annotations.NullMarked;
