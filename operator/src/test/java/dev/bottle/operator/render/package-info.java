@NullMarked
package dev.bottle.operator.render;

import org.jspecify.annotations.NullMarked;
