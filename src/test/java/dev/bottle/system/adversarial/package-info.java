/**
 * What an agent that wants out tries, against the real daemons: tls-init and egress as processes,
 * in a network namespace whose every address is a sink.
 */
@NullMarked
package dev.bottle.system.adversarial;

import org.jspecify.annotations.NullMarked;
