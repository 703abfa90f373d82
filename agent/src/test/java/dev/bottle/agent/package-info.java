/** Tests. */
@NullMarked
package dev.bottle.agent;

import org.jspecify.annotations.NullMarked;
