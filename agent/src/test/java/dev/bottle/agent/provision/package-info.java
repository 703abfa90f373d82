/** Tests. */
@NullMarked
package dev.bottle.agent.provision;

import org.jspecify.annotations.NullMarked;
