/** The agent-owned part of a Bottle's status, and Events. */
@NullMarked
package dev.bottle.agent.report;

import org.jspecify.annotations.NullMarked;
