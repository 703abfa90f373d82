/** The pure projection of the operator's part of a Bottle's status. */
@NullMarked
package dev.bottle.operator.status;

import org.jspecify.annotations.NullMarked;
