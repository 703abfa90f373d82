package dev.bottle.agent.machine;

import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.EgressRequest;
import dev.bottle.crd.api.GitRequest;
import dev.bottle.crd.api.HumanQuestion;
import dev.bottle.crd.control.RequestOpen;
import dev.bottle.crd.request.Ask;
import dev.bottle.crd.request.PlainLine;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a daemon says of a request as the status has it. The daemon may be hostile: its text is made
 * plain here once more, and the hash is of what the status shows.
 */
final class Requests {
  private static final int MAX_REASON = 2000;
  private static final int MAX_QUESTION = 1000;
  private static final int MAX_OPTION = 100;

  /** The last second of the year 9999. */
  private static final long LAST = 253_402_300_799L;

  private Requests() {}

  /** Empty when its times are none, or its end is not after its beginning. */
  static Optional<AgentRequest> of(RequestOpen request) {
    if (request.createdSeconds() < 0
        || request.expiresSeconds() <= request.createdSeconds()
        || request.expiresSeconds() > LAST) {
      return Optional.empty();
    }
    return Optional.of(
        new AgentRequest(
            request.id(),
            request.ask().hash(),
            request.ask() instanceof Ask.Egress egress ? egress(egress) : null,
            request.ask() instanceof Ask.Git git ? git(git) : null,
            request.ask() instanceof Ask.Question question ? question(question) : null,
            PlainLine.of(request.reason(), MAX_REASON),
            Instant.ofEpochSecond(request.createdSeconds()).toString(),
            Instant.ofEpochSecond(request.expiresSeconds()).toString()));
  }

  private static EgressRequest egress(Ask.Egress egress) {
    return new EgressRequest(
        egress.host(), present(egress.methods()), egress.pathPrefix(), egress.ttlSeconds());
  }

  private static GitRequest git(Ask.Git git) {
    return new GitRequest(git.url(), present(git.refs()));
  }

  private static HumanQuestion question(Ask.Question question) {
    return new HumanQuestion(
        PlainLine.of(question.question(), MAX_QUESTION),
        present(
            question.options().stream().map(option -> PlainLine.of(option, MAX_OPTION)).toList()));
  }

  /** Absent when empty, as it reads back from the API server. */
  private static @Nullable List<String> present(List<String> values) {
    return values.isEmpty() ? null : values;
  }
}
