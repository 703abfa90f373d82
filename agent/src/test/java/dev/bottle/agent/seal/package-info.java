/** Tests. */
@NullMarked
package dev.bottle.agent.seal;

import org.jspecify.annotations.NullMarked;
