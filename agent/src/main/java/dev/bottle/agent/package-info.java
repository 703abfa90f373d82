/** The node agent: configuration, wiring and the informer that feeds the reconcilers. */
@NullMarked
package dev.bottle.agent;

import org.jspecify.annotations.NullMarked;
