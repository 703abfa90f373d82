/** That the benchmark works; nothing here is timed. */
@NullMarked
package dev.bottle.system.benchmark;

import org.jspecify.annotations.NullMarked;
