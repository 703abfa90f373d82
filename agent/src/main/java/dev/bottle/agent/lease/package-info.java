/** Signs of life: the Lease, health and metrics. */
@NullMarked
package dev.bottle.agent.lease;

import org.jspecify.annotations.NullMarked;
