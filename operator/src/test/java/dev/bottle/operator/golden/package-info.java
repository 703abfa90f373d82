@NullMarked
package dev.bottle.operator.golden;

import org.jspecify.annotations.NullMarked;
