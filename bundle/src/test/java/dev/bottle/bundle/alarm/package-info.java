/** A clock and an alarm of tests. */
@NullMarked
package dev.bottle.bundle.alarm;

import org.jspecify.annotations.NullMarked;
