/**
 * The conformance suite ({@code src/conformance}) on both runtimes: the stand-in and the real
 * smolvm, and the page that says what each did.
 */
@NullMarked
package dev.bottle.system.conformance;

import org.jspecify.annotations.NullMarked;
