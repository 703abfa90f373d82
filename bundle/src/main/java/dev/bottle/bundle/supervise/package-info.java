/** The daemon through which an agent asks people: an MCP server behind a door of its own. */
@NullMarked
package dev.bottle.bundle.supervise;

import org.jspecify.annotations.NullMarked;
