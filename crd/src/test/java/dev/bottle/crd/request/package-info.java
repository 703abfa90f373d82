/** Tests of what agents ask for. */
@NullMarked
package dev.bottle.crd.request;

import org.jspecify.annotations.NullMarked;
