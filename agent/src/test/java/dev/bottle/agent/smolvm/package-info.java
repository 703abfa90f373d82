/** Tests. */
@NullMarked
package dev.bottle.agent.smolvm;

import org.jspecify.annotations.NullMarked;
