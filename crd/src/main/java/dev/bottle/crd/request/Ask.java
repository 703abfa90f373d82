package dev.bottle.crd.request;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.json.StrictJson;
import dev.bottle.crd.policy.GitUpstream;
import dev.bottle.crd.policy.HostPattern;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for. Never a credential: nothing here carries one, in neither direction. The
 * constructors normalise, so that what means the same is equal, and refuse with the field and what
 * to write instead.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Ask.Egress.class, name = "Egress"),
  @JsonSubTypes.Type(value = Ask.Git.class, name = "Git"),
  @JsonSubTypes.Type(value = Ask.Question.class, name = "Question")
})
public sealed interface Ask {
  /** SHA-256 of exactly this, 64 lower-case hex digits: a decision is about it and nothing else. */
  default String hash() {
    return Sha256.hex(StrictJson.write(this));
  }

  /**
   * One host of the internet, for a while.
   *
   * @param host lower case, exact
   * @param methods sorted; empty: every one
   * @param pathPrefix segments as in a route; null: every path
   * @param ttlSeconds from the approval on
   */
  record Egress(String host, List<String> methods, @Nullable String pathPrefix, long ttlSeconds)
      implements Ask {
    private static final Set<String> METHODS =
        Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~!$&'()*+,=:@/-]{0,255}");
    private static final Pattern DOTS = Pattern.compile("/[.]{1,2}(/|$)|//");
    static final long MIN_TTL = 60;
    static final long MAX_TTL = 24 * 60 * 60;

    /** See {@link Ask}. */
    public Egress {
      host = Objects.requireNonNull(host, "host is missing").toLowerCase(Locale.ROOT);
      if (HostPattern.parse(host).filter(pattern -> !pattern.wildcard()).isEmpty()) {
        throw new IllegalArgumentException(
            "host must be one host name such as api.example.org: no address, no wildcard, no port");
      }
      methods = List.copyOf(Objects.requireNonNullElse(methods, List.of()));
      if (!METHODS.containsAll(methods)) {
        throw new IllegalArgumentException("methods must be of " + String.join(", ", METHODS));
      }
      methods = methods.stream().distinct().sorted().toList();
      if (pathPrefix != null
          && (!PATH.matcher(pathPrefix).matches() || DOTS.matcher(pathPrefix).find())) {
        throw new IllegalArgumentException(
            "path_prefix must begin with / and be as a server reads it: no query, no %, no dots");
      }
      if (ttlSeconds < MIN_TTL || ttlSeconds > MAX_TTL) {
        throw new IllegalArgumentException("ttl must be from 1m to 24h, such as 1h");
      }
    }
  }

  /**
   * A repository to be named in the Bottle's spec, by a person.
   *
   * @param url as of {@link GitUpstream}
   * @param refs full refs, {@code *} for anything; sorted
   */
  record Git(String url, List<String> refs) implements Ask {
    private static final Pattern REF = Pattern.compile("refs/(heads|tags)/[A-Za-z0-9._/*-]{1,240}");
    private static final Pattern URL =
        Pattern.compile("(?:" + GitUpstream.HTTPS_URL + ")|(?:" + GitUpstream.SSH_URL + ")");
    private static final int MAX_REFS = 8;

    /** See {@link Ask}. */
    public Git {
      Objects.requireNonNull(url, "url is missing");
      if (url.length() > 512
          || !URL.matcher(url).matches()
          || Pattern.compile(GitUpstream.DOT_SEGMENT).matcher(url).find()) {
        throw new IllegalArgumentException(
            "url must be https://host/path or ssh://user@host/path, without credentials");
      }
      refs = List.copyOf(Objects.requireNonNullElse(refs, List.of()));
      if (refs.size() > MAX_REFS
          || !refs.stream().allMatch(ref -> REF.matcher(ref).matches() && !ref.contains(".."))) {
        throw new IllegalArgumentException(
            "refs must be at most 8 full refs such as refs/heads/bottle/*");
      }
      refs = refs.stream().distinct().sorted().toList();
    }
  }

  /**
   * A question to a person, whose answer is words.
   *
   * @param question one plain line
   * @param options to choose from, in order; empty: free words
   */
  record Question(String question, List<String> options) implements Ask {
    private static final int MAX_QUESTION = 1000;
    private static final int MAX_OPTION = 100;
    private static final int MAX_OPTIONS = 6;

    /** See {@link Ask}. */
    public Question {
      question =
          PlainLine.of(Objects.requireNonNull(question, "question is missing"), MAX_QUESTION);
      if (question.isEmpty()) {
        throw new IllegalArgumentException("question is empty");
      }
      options =
          Objects.requireNonNullElse(options, List.<String>of()).stream()
              .map(option -> PlainLine.of(option, MAX_OPTION))
              .filter(option -> !option.isEmpty())
              .distinct()
              .toList();
      if (options.size() > MAX_OPTIONS) {
        throw new IllegalArgumentException("options must be at most " + MAX_OPTIONS);
      }
    }
  }
}
