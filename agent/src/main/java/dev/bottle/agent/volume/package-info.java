/**
 * Reading the volumes of a bundle Pod as what they are: directories that somebody else may write.
 */
@NullMarked
package dev.bottle.agent.volume;

import org.jspecify.annotations.NullMarked;
