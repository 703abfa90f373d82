/** Guest images: pulled and unpacked once per digest, shared read-only by every machine. */
@NullMarked
package dev.bottle.agent.image;

import org.jspecify.annotations.NullMarked;
