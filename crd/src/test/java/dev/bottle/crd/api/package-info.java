/** Tests of the API records. */
@NullMarked
package dev.bottle.crd.api;

import org.jspecify.annotations.NullMarked;
