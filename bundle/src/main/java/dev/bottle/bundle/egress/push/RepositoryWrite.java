package dev.bottle.bundle.egress.push;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** A request that changes what is in a repository, told by its head alone. */
enum RepositoryWrite {
  /** A push by git itself (gitprotocol-http(5)), on whichever host. */
  GIT_PUSH("GitPush"),

  /** A call of an API by which files, commits, branches, releases or snippets are written. */
  FORGE_API("ForgeWrite");

  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
  private static final int DECODINGS = 3;

  private static final Pattern PUSH = Pattern.compile("(?:.*/)?git-receive-pack");
  private static final Pattern PUSH_ADVERTISEMENT =
      Pattern.compile("(?:.*&)?service=git-receive-pack(?:&.*)?");

  /** GitHub's REST API, whose paths Gitea and Forgejo have, too. */
  private static final String GITHUB =
      "/repos/[^/]+/[^/]+/(?:contents|git|merges|merge-upstream|branches|tags|releases|import|wiki"
          + "|pulls/[^/]+/merge)(?:/.*)?|/gists(?:/.*)?";

  private static final Pattern GITHUB_COM = Pattern.compile(GITHUB + "|/graphql");
  private static final Pattern OWN_FORGE =
      Pattern.compile(
          "/api/v[13](?:"
              + GITHUB
              + ")|/api/graphql|/api/v4/(?:projects/.+/(?:repository|wikis|snippets|releases"
              + "|merge_requests/[^/]+/merge)|projects/import|snippets)(?:/.*)?");

  private final String rule;

  RepositoryWrite(String rule) {
    this.rule = rule;
  }

  /** One word for a denial. */
  String rule() {
    return rule;
  }

  /**
   * What this request is, empty when it writes to no repository that is known to it.
   *
   * @param host in lower case
   * @param target in origin-form (RFC 9112, section 3.2.1)
   */
  static Optional<RepositoryWrite> of(String host, String method, String target) {
    int mark = target.indexOf('?');
    String path = plain(mark < 0 ? target : target.substring(0, mark));
    String query = mark < 0 ? "" : plain(target.substring(mark + 1));
    if (PUSH.matcher(path).matches() || PUSH_ADVERTISEMENT.matcher(query).matches()) {
      return Optional.of(GIT_PUSH);
    }
    if (SAFE.contains(method)) {
      return Optional.empty();
    }
    boolean writes =
        switch (host) {
          case "api.github.com" -> GITHUB_COM.matcher(path).matches();
          case "uploads.github.com" -> true;
          default -> OWN_FORGE.matcher(path).matches();
        };
    return writes ? Optional.of(FORGE_API) : Optional.empty();
  }

  /**
   * As the most forgiving server may read it: decoded more than once, without parameters of
   * segments and empty segments, in lower case.
   */
  private static String plain(String text) {
    String decoded = text.replace("+", "%2B");
    for (int i = 0; i < DECODINGS && decoded.indexOf('%') >= 0; i++) {
      try {
        decoded = URLDecoder.decode(decoded.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
      } catch (IllegalArgumentException notEncoded) {
        break;
      }
    }
    return decoded
        .replaceAll(";[^/]*", "")
        .replaceAll("/+", "/")
        .replaceAll("/$", "")
        .toLowerCase(Locale.ROOT);
  }
}
