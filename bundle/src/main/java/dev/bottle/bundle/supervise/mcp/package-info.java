/** The Model Context Protocol, as far as a server of a few tools needs it: JSON-RPC, stateless. */
@NullMarked
package dev.bottle.bundle.supervise.mcp;

import org.jspecify.annotations.NullMarked;
