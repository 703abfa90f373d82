/** The policy file as every daemon reads it. */
@NullMarked
package dev.bottle.bundle.policy;

import org.jspecify.annotations.NullMarked;
