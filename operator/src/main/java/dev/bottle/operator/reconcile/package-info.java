/** The Java Operator SDK's side: reconciler, event sources, filters, retry. */
@NullMarked
package dev.bottle.operator.reconcile;

import org.jspecify.annotations.NullMarked;
