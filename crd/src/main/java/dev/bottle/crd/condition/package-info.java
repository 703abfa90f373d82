/** Condition types and the one list of reasons, each with its remedy. */
@NullMarked
package dev.bottle.crd.condition;

import org.jspecify.annotations.NullMarked;
