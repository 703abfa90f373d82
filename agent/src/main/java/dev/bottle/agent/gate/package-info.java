/** The far end of kubectl exec and of the Pod's hold on its machine. */
@NullMarked
package dev.bottle.agent.gate;

import org.jspecify.annotations.NullMarked;
