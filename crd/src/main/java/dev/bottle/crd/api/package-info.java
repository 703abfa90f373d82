/**
 * The Bottle API, `bottles.bottle.dev/v1alpha1`, as records: what a person writes (spec) and what
 * the operator and the node agent write back (status).
 */
@NullMarked
package dev.bottle.crd.api;

import org.jspecify.annotations.NullMarked;
