/** Refusals: how the guest, the node agent and the log learn of them. */
@NullMarked
package dev.bottle.bundle.egress.refusal;

import org.jspecify.annotations.NullMarked;
