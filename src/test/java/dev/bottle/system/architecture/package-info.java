/** Which module may know which. */
@NullMarked
package dev.bottle.system.architecture;

import org.jspecify.annotations.NullMarked;
