/** The unix-domain sockets on which a daemon listens, and what it says to the node agent on one. */
@NullMarked
package dev.bottle.bundle.socket;

import org.jspecify.annotations.NullMarked;
