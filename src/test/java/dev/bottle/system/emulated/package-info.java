/**
 * The real smolvm under the real agent, where no host of ours boots one: in the emulated node of
 * {@code deploy/local/microvm-node}, which is a Node of the local cluster. kubelet is played
 * (docs/adr/0025).
 */
@NullMarked
package dev.bottle.system.emulated;

import org.jspecify.annotations.NullMarked;
