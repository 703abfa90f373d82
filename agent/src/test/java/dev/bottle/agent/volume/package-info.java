/** Tests. */
@NullMarked
package dev.bottle.agent.volume;

import org.jspecify.annotations.NullMarked;
