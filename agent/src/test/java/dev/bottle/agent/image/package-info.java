/** Tests. */
@NullMarked
package dev.bottle.agent.image;

import org.jspecify.annotations.NullMarked;
