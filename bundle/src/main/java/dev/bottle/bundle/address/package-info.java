/** Addresses of hosts, and which of them may be dialled. */
@NullMarked
package dev.bottle.bundle.address;

import org.jspecify.annotations.NullMarked;
