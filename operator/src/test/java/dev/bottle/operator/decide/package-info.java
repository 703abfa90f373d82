@NullMarked
package dev.bottle.operator.decide;

import org.jspecify.annotations.NullMarked;
