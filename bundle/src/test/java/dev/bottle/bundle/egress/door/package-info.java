/** What CONNECT may ask for. */
@NullMarked
package dev.bottle.bundle.egress.door;

import org.jspecify.annotations.NullMarked;
