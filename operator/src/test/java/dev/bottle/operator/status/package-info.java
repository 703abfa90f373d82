@NullMarked
package dev.bottle.operator.status;

import org.jspecify.annotations.NullMarked;
