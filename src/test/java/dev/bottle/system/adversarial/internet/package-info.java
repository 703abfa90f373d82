/**
 * An internet of one process, in a network namespace in which every address is its own: name server
 * and sinks that write down every byte.
 */
@NullMarked
package dev.bottle.system.adversarial.internet;

import org.jspecify.annotations.NullMarked;
