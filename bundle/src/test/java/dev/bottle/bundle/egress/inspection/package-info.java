/** Tests of what finds secrets in streams. */
@NullMarked
package dev.bottle.bundle.egress.inspection;

import org.jspecify.annotations.NullMarked;
