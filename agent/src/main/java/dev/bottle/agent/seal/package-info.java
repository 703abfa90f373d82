/** The proof that the guest has no way out but its bundle: host facts and probes in the guest. */
@NullMarked
package dev.bottle.agent.seal;

import org.jspecify.annotations.NullMarked;
