package dev.bottle.bundle.egress;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What docs/contracts.md gives egress on its command line.
 *
 * @param pipelock the only way out, when there is one
 */
public record EgressOptions(
    Path policy,
    Path tokens,
    Path caDirectory,
    Path door,
    Path control,
    InetSocketAddress health,
    @Nullable PipelockOptions pipelock) {
  /**
   * Pipelock's place.
   *
   * @param certificate PEM of its authority
   */
  public record PipelockOptions(InetSocketAddress address, Path certificate) {}
}
