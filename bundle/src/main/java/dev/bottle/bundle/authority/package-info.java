/** The Bottle's own certificate authority: its files, and the leaf certificates that it signs. */
@NullMarked
package dev.bottle.bundle.authority;

import org.jspecify.annotations.NullMarked;
