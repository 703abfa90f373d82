/** Tests. */
@NullMarked
package dev.bottle.agent.host;

import org.jspecify.annotations.NullMarked;
