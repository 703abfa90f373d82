/**
 * The machine runtime: the smolvm command line behind an interface, one lifecycle operation at a
 * time.
 */
@NullMarked
package dev.bottle.agent.smolvm;

import org.jspecify.annotations.NullMarked;
