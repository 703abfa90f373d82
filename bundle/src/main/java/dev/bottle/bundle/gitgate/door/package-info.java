/** The guest's side: git's smart HTTP on the door's socket. */
@NullMarked
package dev.bottle.bundle.gitgate.door;

import org.jspecify.annotations.NullMarked;
