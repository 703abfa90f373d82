@NullMarked
package dev.bottle.operator.cluster;

import org.jspecify.annotations.NullMarked;
