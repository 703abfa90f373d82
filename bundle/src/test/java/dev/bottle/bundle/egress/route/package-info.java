/** Tests of the routes' pure parts. */
@NullMarked
package dev.bottle.bundle.egress.route;

import org.jspecify.annotations.NullMarked;
