/** Tests. */
@NullMarked
package dev.bottle.agent.machine;

import org.jspecify.annotations.NullMarked;
