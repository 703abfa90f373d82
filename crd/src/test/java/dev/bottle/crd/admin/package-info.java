/** Tests. */
@NullMarked
package dev.bottle.crd.admin;

import org.jspecify.annotations.NullMarked;
