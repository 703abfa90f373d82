package dev.bottle.bundle.gitgate.push;

import dev.bottle.crd.policy.GitUpstream;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which refs may be pushed, by name alone. Immutable. */
final class RefRules {
  /** Refs that change what other objects mean, whatever the policy's patterns say. */
  private static final List<String> NEVER = List.of("refs/notes/", "refs/replace/");

  private final GitUpstream upstream;
  private final List<Pattern> allowed;

  RefRules(GitUpstream upstream) {
    this.upstream = upstream;
    this.allowed = upstream.refs().stream().map(RefRules::pattern).toList();
  }

  /**
   * Passes or refuses.
   *
   * @param most refs that one push may have
   */
  void check(List<PushCommand> commands, int most) throws PushRefused {
    if (upstream.readOnly()) {
      throw new PushRefused(
          "ReadOnly", null, upstream.name() + " is read-only: nothing may be pushed to it");
    }
    if (commands.size() > most) {
      throw new PushRefused("TooManyRefs", null, "push at most " + most + " refs at once");
    }
    for (PushCommand command : commands) {
      String ref = command.ref();
      if (NEVER.stream().anyMatch(ref::startsWith)
          || allowed.stream().noneMatch(pattern -> pattern.matcher(ref).matches())) {
        throw new PushRefused(
            "RefNotAllowed",
            ref,
            ref + " may not be pushed; allowed: " + String.join(", ", upstream.refs()));
      }
      if (command.deletes() && !upstream.allowDelete()) {
        throw new PushRefused(
            "DeleteNotAllowed", ref, ref + " may not be deleted; push another ref");
      }
    }
  }

  private static Pattern pattern(String glob) {
    return Pattern.compile(
        Arrays.stream(glob.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*")),
        Pattern.DOTALL);
  }
}
