/** The generator of the CRD and its tests. */
@NullMarked
package dev.bottle.crd.schema;

import org.jspecify.annotations.NullMarked;
