@NullMarked
package dev.bottle.operator.reconcile;

import org.jspecify.annotations.NullMarked;
