/** Which node agents are alive, judged by what this process sees change. */
@NullMarked
package dev.bottle.operator.lease;

import org.jspecify.annotations.NullMarked;
