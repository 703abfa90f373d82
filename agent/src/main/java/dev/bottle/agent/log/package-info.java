/** What a machine's people read in kubectl logs: the agent's steps and the guest's console. */
@NullMarked
package dev.bottle.agent.log;

import org.jspecify.annotations.NullMarked;
