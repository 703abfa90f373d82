/** Everything that one reconcile knows about one Bottle, as one value. */
@NullMarked
package dev.bottle.operator.observe;

import org.jspecify.annotations.NullMarked;
