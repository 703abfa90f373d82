/** Notices when kubelet swaps the content of a mounted volume. */
@NullMarked
package dev.bottle.bundle.watch;

import org.jspecify.annotations.NullMarked;
