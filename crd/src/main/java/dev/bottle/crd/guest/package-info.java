/** What the operator renders for the guest and the node agent provisions. */
@NullMarked
package dev.bottle.crd.guest;

import org.jspecify.annotations.NullMarked;
