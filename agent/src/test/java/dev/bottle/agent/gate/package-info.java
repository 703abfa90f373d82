/** Tests. */
@NullMarked
package dev.bottle.agent.gate;

import org.jspecify.annotations.NullMarked;
