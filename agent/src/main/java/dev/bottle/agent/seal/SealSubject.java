package dev.bottle.agent.seal;

import dev.bottle.agent.host.ProcessIdentity;
import java.nio.file.Path;

/**
 * What a seal is proven of.
 *
 * @param policyHash as egress reports it
 * @param networkless whether the machine's record asks for no network
 * @param bottleDirectory below which the only sockets may be that the machine has
 */
public record SealSubject(
    String machine,
    ProcessIdentity process,
    String podUid,
    String policyHash,
    String bootId,
    Path bottleDirectory,
    boolean networkless) {}
