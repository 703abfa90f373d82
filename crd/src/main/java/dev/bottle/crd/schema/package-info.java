/**
 * How the CRD's schema is completed where the generator's annotations do not reach; used when the
 * CRD is generated, never at run time.
 */
@NullMarked
package dev.bottle.crd.schema;

import org.jspecify.annotations.NullMarked;
