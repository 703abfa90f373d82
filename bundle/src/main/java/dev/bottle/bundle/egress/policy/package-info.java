/** The policy in force, how it is read, and how it is swapped. */
@NullMarked
package dev.bottle.bundle.egress.policy;

import org.jspecify.annotations.NullMarked;
