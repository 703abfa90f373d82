/** What the process of every daemon does alike: how it starts, ends and replaces files. */
@NullMarked
package dev.bottle.bundle.process;

import org.jspecify.annotations.NullMarked;
