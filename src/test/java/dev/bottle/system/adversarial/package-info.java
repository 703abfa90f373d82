/**
 * What an agent that wants out tries, against the real daemons: tls-init and egress as processes,
 * in a network namespace whose every address is a sink; and in the guest of a whole Bottle, whose
 * Pod has no network but a link to the same sinks.
 */
@NullMarked
package dev.bottle.system.adversarial;

import org.jspecify.annotations.NullMarked;
