/** Tests. */
@NullMarked
package dev.bottle.agent.control;

import org.jspecify.annotations.NullMarked;
