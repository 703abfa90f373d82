/** What the daemons of a bundle say about themselves over their control sockets. */
@NullMarked
package dev.bottle.agent.control;

import org.jspecify.annotations.NullMarked;
