/** The certificate authority's files as the daemons read them. */
@NullMarked
package dev.bottle.bundle.authority;

import org.jspecify.annotations.NullMarked;
