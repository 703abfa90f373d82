/** What a daemon says to the node agent, one JSON object a line. */
@NullMarked
package dev.bottle.crd.control;

import org.jspecify.annotations.NullMarked;
