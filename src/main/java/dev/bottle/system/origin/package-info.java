/** An HTTPS server for demo and tests: what a Bottle may reach, and what it must not. */
@NullMarked
package dev.bottle.system.origin;

import org.jspecify.annotations.NullMarked;
