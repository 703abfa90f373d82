/** What happens at a moment of a clock, without looking at it in between. */
@NullMarked
package dev.bottle.bundle.alarm;

import org.jspecify.annotations.NullMarked;
