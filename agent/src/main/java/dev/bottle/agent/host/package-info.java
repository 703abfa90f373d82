/**
 * The node below the agent: running commands in the host's namespaces, processes, mounts, paths.
 */
@NullMarked
package dev.bottle.agent.host;

import org.jspecify.annotations.NullMarked;
