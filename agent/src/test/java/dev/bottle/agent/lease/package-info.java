/** Tests. */
@NullMarked
package dev.bottle.agent.lease;

import org.jspecify.annotations.NullMarked;
