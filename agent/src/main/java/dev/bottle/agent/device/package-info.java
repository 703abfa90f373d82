/**
 * The node's machines as an extended resource: a device plugin of kubelet's, so that the scheduler
 * counts them and sends nothing to a node that is unfit or whose agent is dead.
 */
@NullMarked
package dev.bottle.agent.device;

import org.jspecify.annotations.NullMarked;
