@NullMarked
package dev.bottle.bundle.egress.response;

import org.jspecify.annotations.NullMarked;
