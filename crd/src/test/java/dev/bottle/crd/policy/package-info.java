/** Tests of the policy and its hosts. */
@NullMarked
package dev.bottle.crd.policy;

import org.jspecify.annotations.NullMarked;
