/** Tests of conditions and reasons. */
@NullMarked
package dev.bottle.crd.condition;

import org.jspecify.annotations.NullMarked;
