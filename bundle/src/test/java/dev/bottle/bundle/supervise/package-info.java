/** Tests of supervise, from its door and its control socket. */
@NullMarked
package dev.bottle.bundle.supervise;

import org.jspecify.annotations.NullMarked;
