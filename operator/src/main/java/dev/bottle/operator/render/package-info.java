/** Pure functions from a Bottle to the objects that it needs. */
@NullMarked
package dev.bottle.operator.render;

import org.jspecify.annotations.NullMarked;
