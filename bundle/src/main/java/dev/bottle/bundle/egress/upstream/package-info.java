/** The internet's side: resolution, checked dialling and verified TLS. */
@NullMarked
package dev.bottle.bundle.egress.upstream;

import org.jspecify.annotations.NullMarked;
