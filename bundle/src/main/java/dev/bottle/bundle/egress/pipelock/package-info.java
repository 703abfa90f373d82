/** Whether pipelock serves, and what its own answers mean. */
@NullMarked
package dev.bottle.bundle.egress.pipelock;

import org.jspecify.annotations.NullMarked;
