/** What egress says to the node agent. */
@NullMarked
package dev.bottle.bundle.egress.control;

import org.jspecify.annotations.NullMarked;
