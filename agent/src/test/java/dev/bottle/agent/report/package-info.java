/** Tests. */
@NullMarked
package dev.bottle.agent.report;

import org.jspecify.annotations.NullMarked;
