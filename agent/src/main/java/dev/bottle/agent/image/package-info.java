/**
 * Guest images: pulled and unpacked once per digest, shared by every machine through a mount that
 * nobody can write through, given only to a Bottle to which the registry gives them now, and
 * removed when no machine uses them (ADR 0040 to 0044).
 */
@NullMarked
package dev.bottle.agent.image;

import org.jspecify.annotations.NullMarked;
