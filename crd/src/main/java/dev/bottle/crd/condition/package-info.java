/** Condition types, their value and the one list of reasons, each with its remedy. */
@NullMarked
package dev.bottle.crd.condition;

import org.jspecify.annotations.NullMarked;
