package dev.bottle.crd.policy;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What git-gate serves.
 *
 * @param upstreams the repositories, each name once
 */
public record GitPolicy(List<GitUpstream> upstreams) {
  /** Nothing. */
  public static final GitPolicy NONE = new GitPolicy(List.of());

  /** Copies; refuses a name that is there twice. */
  public GitPolicy {
    upstreams = List.copyOf(Objects.requireNonNull(upstreams, "upstreams is missing"));
    if (upstreams.stream().map(GitUpstream::name).collect(Collectors.toSet()).size()
        != upstreams.size()) {
      throw new IllegalArgumentException("upstreams names one twice");
    }
  }
}
