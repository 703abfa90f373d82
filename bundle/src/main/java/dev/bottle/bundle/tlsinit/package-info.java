/** The init container that makes the certificate authority. */
@NullMarked
package dev.bottle.bundle.tlsinit;

import org.jspecify.annotations.NullMarked;
