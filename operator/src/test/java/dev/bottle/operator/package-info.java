@NullMarked
package dev.bottle.operator;

import org.jspecify.annotations.NullMarked;
