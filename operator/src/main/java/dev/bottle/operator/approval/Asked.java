package dev.bottle.operator.approval;

import dev.bottle.crd.api.AgentRequest;
import dev.bottle.crd.api.BottleApprovalSpec;
import dev.bottle.crd.api.EgressRequest;
import dev.bottle.crd.api.GitRequest;
import dev.bottle.crd.api.HumanQuestion;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.json.StrictJson;
import dev.bottle.crd.request.Ask;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for, read from an object and proven to be what its hash says. Neither a status that
 * a stolen agent wrote nor an object that somebody else made is taken at its word.
 *
 * @param hash SHA-256 of the ask, 64 hex digits
 * @param expiresAt until when it may be decided
 */
record Asked(Ask ask, String hash, Instant expiresAt) {

  /** Empty when it is malformed or not what its hash says. */
  static Optional<Asked> of(AgentRequest request) {
    return read(
        request.egress(), request.git(), request.question(), request.hash(), request.expiresAt());
  }

  /** Empty when it is malformed or not what its hash says. */
  static Optional<Asked> of(BottleApprovalSpec spec) {
    return read(spec.egress(), spec.git(), spec.question(), spec.requestHash(), spec.expiresAt());
  }

  boolean isExpired(Instant now) {
    return !now.isBefore(expiresAt);
  }

  private static Optional<Asked> read(
      @Nullable EgressRequest egress,
      @Nullable GitRequest git,
      @Nullable HumanQuestion question,
      String hash,
      String expiresAt) {
    if (Stream.of(
                Optional.ofNullable(egress),
                Optional.ofNullable(git),
                Optional.ofNullable(question))
            .filter(Optional::isPresent)
            .count()
        != 1) {
      return Optional.empty();
    }
    try {
      Ask ask = ask(egress, git, question);
      return Sha256.hex(StrictJson.write(ask)).equals(hash)
          ? Optional.of(new Asked(ask, hash, Instant.parse(expiresAt)))
          : Optional.empty();
    } catch (IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Ask ask(
      @Nullable EgressRequest egress, @Nullable GitRequest git, @Nullable HumanQuestion question) {
    if (egress != null) {
      return new Ask.Egress(
          egress.host(), listed(egress.methods()), egress.pathPrefix(), egress.ttlSeconds());
    }
    if (git != null) {
      return new Ask.Git(git.url(), listed(git.refs()));
    }
    return new Ask.Question(Objects.requireNonNull(question).text(), listed(question.options()));
  }

  private static List<String> listed(@Nullable List<String> values) {
    return values == null ? List.of() : values;
  }
}
