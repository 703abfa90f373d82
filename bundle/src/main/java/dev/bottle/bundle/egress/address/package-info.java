/** Which addresses may be dialled after resolution. */
@NullMarked
package dev.bottle.bundle.egress.address;

import org.jspecify.annotations.NullMarked;
