/**
 * The policy that the operator renders and the daemons enforce: one immutable value in one file.
 */
@NullMarked
package dev.bottle.crd.policy;

import org.jspecify.annotations.NullMarked;
