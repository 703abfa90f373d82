/**
 * The whole system on a real one-node cluster: real API server, scheduler, kubelet, operator and
 * agent, and the machine runtime that this machine has.
 */
@NullMarked
package dev.bottle.system.endtoend;

import org.jspecify.annotations.NullMarked;
