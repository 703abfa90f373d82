/** Where credentials and inspection go: what sees, changes or refuses each part of an exchange. */
@NullMarked
package dev.bottle.bundle.egress.guard;

import org.jspecify.annotations.NullMarked;
