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

  /**
   * A call of a forge's API that may write files, commits, branches, releases or snippets: every
   * one that changes something, but those that are known to be talk (issues, reviews, labels). A
   * list of what writes would never be complete.
   */
  FORGE_API("ForgeWrite");

  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
  private static final int DECODINGS = 3;

  private static final Pattern PUSH = Pattern.compile("(?:.*/)?git-receive-pack");
  private static final Pattern PUSH_ADVERTISEMENT =
      Pattern.compile("(?:.*&)?service=git-receive-pack(?:&.*)?");

  /** Files of git-lfs, sent to the forge itself; what is asked before may be a download. */
  private static final Pattern LFS_OBJECT =
      Pattern.compile("(?:.*/)?(?:info/lfs|gitlab-lfs)/objects/.*");

  private static final Pattern GITHUB =
      Pattern.compile("(?:api|uploads)(?:[.][a-z0-9-]+)?[.](?:github|ghe)[.]com");

  /**
   * Where APIs of forges change something, on hosts of one's own, also below a path: GitHub's
   * (which Gitea and Forgejo have, too), GitLab's, and GraphQL.
   */
  private static final Pattern OWN_FORGE =
      Pattern.compile(
          "(?:/.*)?/api/(?:"
              + "v[13]/(?:repos|repositories|gists|user/repos|orgs/[^/]+/repos)(?:/.*)?"
              + "|v4/(?:projects|groups|suggestions|snippets|import|bulk_imports)(?:/.*)?"
              + "|graphql|uploads/.*)");

  /** One segment as every server reads it. */
  private static final String NAME = "[A-Za-z0-9._-]+";

  /** What people talk with, of which no commit comes: read without any decoding. */
  private static final Pattern TALK =
      Pattern.compile(
          ("(?:(?:/NAME)?/api/v[13])?/(?:repos/NAME/NAME|repositories/[0-9]+)/(?:issues(?:/.*)?"
               + "|pulls(?:/[0-9]+(?:/(?:comments|reviews|requested_reviewers)(?:/.*)?)?)?"
               + "|pulls/comments/.*|labels(?:/.*)?|milestones(?:/.*)?|comments/.*"
               + "|commits/[0-9a-f]+/comments|statuses/[0-9a-f]+|check-(?:runs|suites)(?:/.*)?)"
               + "|/(?:markdown|notifications|user/starred|user/subscriptions)(?:/.*)?"
               + "|(?:/NAME)?/api/v4/(?:projects|groups)/[A-Za-z0-9._%-]+/(?:issues(?:/.*)?"
               + "|labels(?:/.*)?|milestones(?:/.*)?|epics(?:/.*)?|merge_requests(?:/[0-9]+"
               + "(?:/(?:notes|discussions|draft_notes|award_emoji|approve|unapprove)(?:/.*)?)?)?)")
              .replace("NAME", NAME));

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
    if (method.equals("PUT") && LFS_OBJECT.matcher(path).matches()) {
      return Optional.of(FORGE_API);
    }
    boolean forge = GITHUB.matcher(host).matches() || OWN_FORGE.matcher(path).matches();
    String written = mark < 0 ? target : target.substring(0, mark);
    return forge && !TALK.matcher(written).matches() ? Optional.of(FORGE_API) : Optional.empty();
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
