/** What would reach a repository past git-gate, where no push is searched for secrets. */
@NullMarked
package dev.bottle.bundle.egress.push;

import org.jspecify.annotations.NullMarked;
