@NullMarked
package dev.bottle.bundle.gitgate;

import org.jspecify.annotations.NullMarked;
