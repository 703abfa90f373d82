/** Tests of the control messages. */
@NullMarked
package dev.bottle.crd.control;

import org.jspecify.annotations.NullMarked;
