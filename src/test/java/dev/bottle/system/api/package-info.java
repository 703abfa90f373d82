/** The API as a real API server sees it: schema, CEL, ownership, finalizer, admission policies. */
@NullMarked
package dev.bottle.system.api;

import org.jspecify.annotations.NullMarked;
