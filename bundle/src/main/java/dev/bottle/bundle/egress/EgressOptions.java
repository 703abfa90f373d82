package dev.bottle.bundle.egress;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/** What docs/contracts.md gives egress on its command line. */
public record EgressOptions(
    Path policy,
    Path tokens,
    Path caDirectory,
    Path door,
    Path control,
    InetSocketAddress health) {}
