/** Fakes and fixtures that several packages use. */
@NullMarked
package dev.bottle.agent.testing;

import org.jspecify.annotations.NullMarked;
