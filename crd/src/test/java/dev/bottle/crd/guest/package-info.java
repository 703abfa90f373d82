/** Tests of the guest files. */
@NullMarked
package dev.bottle.crd.guest;

import org.jspecify.annotations.NullMarked;
