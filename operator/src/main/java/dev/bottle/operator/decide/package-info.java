/** The pure decision: from an Observation to a Plan. */
@NullMarked
package dev.bottle.operator.decide;

import org.jspecify.annotations.NullMarked;
