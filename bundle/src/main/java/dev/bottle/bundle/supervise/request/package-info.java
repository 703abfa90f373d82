/** What agents ask people for, and what became of it: kept in files, bounded, plain text. */
@NullMarked
package dev.bottle.bundle.supervise.request;

import org.jspecify.annotations.NullMarked;
