/** One reconciler per Bottle: observe the node, decide (pure), act. */
@NullMarked
package dev.bottle.agent.machine;

import org.jspecify.annotations.NullMarked;
