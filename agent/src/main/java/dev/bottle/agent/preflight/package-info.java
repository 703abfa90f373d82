/** Whether this node can run a machine, found out by trying: facts, a pure judgement, one boot. */
@NullMarked
package dev.bottle.agent.preflight;

import org.jspecify.annotations.NullMarked;
