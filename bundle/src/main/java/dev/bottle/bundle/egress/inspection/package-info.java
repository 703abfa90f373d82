/**
 * Looks for secrets in what the guest sends, while it streams. Everything but {@link
 * dev.bottle.bundle.egress.inspection.InspectionGuard} and its exchanges is pure: bytes in,
 * findings out. A finding names a rule and a place, never what was found.
 */
@NullMarked
package dev.bottle.bundle.egress.inspection;

import org.jspecify.annotations.NullMarked;
