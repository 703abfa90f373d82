/** What happens to a push between its arrival and the upstream. */
@NullMarked
package dev.bottle.bundle.gitgate.push;

import org.jspecify.annotations.NullMarked;
