package dev.bottle.agent.machine;

import dev.bottle.agent.host.ProcessIdentity;

/** One running of a machine. */
public record Boot(String bootId, ProcessIdentity process) {}
