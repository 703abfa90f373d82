/**
 * From what agents ask, and what people decided, to BottleApprovals, decisions on their way to the
 * agent, and grants. Pure.
 */
@NullMarked
package dev.bottle.operator.approval;

import org.jspecify.annotations.NullMarked;
