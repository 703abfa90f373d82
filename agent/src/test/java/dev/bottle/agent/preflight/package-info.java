/** Tests. */
@NullMarked
package dev.bottle.agent.preflight;

import org.jspecify.annotations.NullMarked;
