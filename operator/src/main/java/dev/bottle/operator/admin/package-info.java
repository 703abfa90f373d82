/** What a cluster admin opens for every Bottle, parsed and checked. */
@NullMarked
package dev.bottle.operator.admin;

import org.jspecify.annotations.NullMarked;
