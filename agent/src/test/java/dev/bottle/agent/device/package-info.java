/** Tests. */
@NullMarked
package dev.bottle.agent.device;

import org.jspecify.annotations.NullMarked;
