/** The one stream that carries prompt, skills and the egress certificate into the guest. */
@NullMarked
package dev.bottle.agent.provision;

import org.jspecify.annotations.NullMarked;
