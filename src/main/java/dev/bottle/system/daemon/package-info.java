/** The daemons of a bundle as processes of this machine, without a Pod. */
@NullMarked
package dev.bottle.system.daemon;

import org.jspecify.annotations.NullMarked;
