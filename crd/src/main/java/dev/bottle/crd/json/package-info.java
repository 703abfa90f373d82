/** Strict reading and deterministic writing of the documents that processes hand to each other. */
@NullMarked
package dev.bottle.crd.json;

import org.jspecify.annotations.NullMarked;
