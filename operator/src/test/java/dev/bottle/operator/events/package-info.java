@NullMarked
package dev.bottle.operator.events;

import org.jspecify.annotations.NullMarked;
