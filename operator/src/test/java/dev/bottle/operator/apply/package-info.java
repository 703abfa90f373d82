@NullMarked
package dev.bottle.operator.apply;

import org.jspecify.annotations.NullMarked;
