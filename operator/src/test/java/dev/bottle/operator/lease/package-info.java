@NullMarked
package dev.bottle.operator.lease;

import org.jspecify.annotations.NullMarked;
