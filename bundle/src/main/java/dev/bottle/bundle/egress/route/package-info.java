/**
 * Routes: which request gets which credential, where its value comes from, and how it is kept from
 * coming back.
 */
@NullMarked
package dev.bottle.bundle.egress.route;

import org.jspecify.annotations.NullMarked;
