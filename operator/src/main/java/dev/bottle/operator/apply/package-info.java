/** The effects: server-side apply, deletion of the Pod, the status. */
@NullMarked
package dev.bottle.operator.apply;

import org.jspecify.annotations.NullMarked;
