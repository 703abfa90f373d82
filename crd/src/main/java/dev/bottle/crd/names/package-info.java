/** Names, labels and annotations of everything that belongs to a Bottle. */
@NullMarked
package dev.bottle.crd.names;

import org.jspecify.annotations.NullMarked;
