package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.policy.GitPolicy;
import dev.bottle.crd.policy.GitUpstream;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The git upstreams of the policy, by name: their order in the spec has no meaning. */
final class GitRenderer {
  /** Where an agent's own work goes, unless the Bottle says otherwise. */
  private static final List<String> DEFAULT_REFS = List.of("refs/heads/bottle/*");

  private GitRenderer() {}

  /** Null, and no git-gate, when there are none. */
  static @Nullable GitPolicy render(Bottle bottle) {
    List<GitUpstream> upstreams = upstreams(bottle);
    return upstreams.isEmpty() ? null : new GitPolicy(upstreams);
  }

  /** What git-gate is to serve. */
  static List<GitUpstream> upstreams(Bottle bottle) {
    return TokenSlots.upstreams(bottle).stream()
        .map(GitRenderer::render)
        .sorted(Comparator.comparing(GitUpstream::name))
        .toList();
  }

  private static GitUpstream render(dev.bottle.crd.api.GitUpstream upstream) {
    String slot = TokenSlots.gitName(upstream);
    boolean ssh = upstream.identitySecretRef() != null;
    boolean readOnly = Boolean.TRUE.equals(upstream.readOnly());
    return new GitUpstream(
        upstream.name(),
        upstream.url(),
        ssh ? slot : null,
        ssh ? null : slot,
        upstream.knownHosts(),
        readOnly ? List.of() : refs(upstream.refs()),
        Boolean.TRUE.equals(upstream.allowForce()),
        Boolean.TRUE.equals(upstream.allowDelete()),
        readOnly);
  }

  private static List<String> refs(@Nullable List<String> refs) {
    return refs == null ? DEFAULT_REFS : refs.stream().distinct().sorted().toList();
  }
}
