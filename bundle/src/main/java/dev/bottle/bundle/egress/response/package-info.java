/**
 * What a policy says of answers: how long, of which types, and what they try to make of a model.
 */
@NullMarked
package dev.bottle.bundle.egress.response;

import org.jspecify.annotations.NullMarked;
