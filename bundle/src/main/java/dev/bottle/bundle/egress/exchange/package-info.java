/** HTTP/1.1 inside a tunnel: what a request may look like, and its way up and back. */
@NullMarked
package dev.bottle.bundle.egress.exchange;

import org.jspecify.annotations.NullMarked;
