/** Tests. */
@NullMarked
package dev.bottle.agent.log;

import org.jspecify.annotations.NullMarked;
