package dev.bottle.crd.policy;

import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A repository that the guest reaches through git-gate.
 *
 * @param name by which the guest asks for it, {@code <name>.git}
 * @param url {@code ssh://user@host[:port]/path} or {@code https://host[:port]/path}
 * @param identitySlot of an ssh upstream: the file with the private key; null otherwise
 * @param tokenSlot of an https upstream: the file with the token; null otherwise
 * @param knownHosts of an ssh upstream: lines of a known_hosts file (sshd(8)); null otherwise
 * @param refs what may be pushed: full refs, in which {@code *} stands for anything, slashes too
 * @param allowForce whether a push may rewrite history, or move a tag
 * @param allowDelete whether a push may delete a ref
 * @param readOnly whether every push is refused
 */
public record GitUpstream(
    String name,
    String url,
    @Nullable String identitySlot,
    @Nullable String tokenSlot,
    @Nullable String knownHosts,
    List<String> refs,
    boolean allowForce,
    boolean allowDelete,
    boolean readOnly) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  private static final String PLACE =
      "([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(?:/[A-Za-z0-9._~-]+)+/?$";

  /**
   * Regular expressions (RE2) of urls, whole; the schema of a Bottle has the same. Groups: user,
   * host, port. No option in the place of a user, host or path.
   */
  public static final String SSH_URL = "^ssh://([A-Za-z0-9_][A-Za-z0-9._-]{0,63})@" + PLACE;

  /** The same of https, the user always empty. */
  public static final String HTTPS_URL = "^https://()" + PLACE;

  /** What no url has: a segment that leads elsewhere. */
  public static final String DOT_SEGMENT = "/[.]{1,2}(/|$)";

  private static final Pattern SSH = Pattern.compile(SSH_URL);
  private static final Pattern HTTPS = Pattern.compile(HTTPS_URL);
  private static final Pattern DOTS = Pattern.compile(DOT_SEGMENT);
  private static final Pattern REF = Pattern.compile("refs/[A-Za-z0-9._/*-]{1,250}");
  private static final int MAX_URL = 512;
  private static final int MAX_KNOWN_HOSTS = 16384;

  /** Copies; refuses what does not go together. */
  public GitUpstream {
    Objects.requireNonNull(name, "name is missing");
    Objects.requireNonNull(url, "url is missing");
    refs = List.copyOf(Objects.requireNonNull(refs, "refs is missing"));
    if (!isName(name)) {
      throw new IllegalArgumentException("name is not an upstream's name");
    }
    boolean ssh = url.startsWith("ssh://");
    if (url.length() > MAX_URL
        || !(ssh ? SSH : HTTPS).matcher(url).matches()
        || DOTS.matcher(url).find()) {
      throw new IllegalArgumentException("url of " + name + " is neither ssh:// nor https://");
    }
    if (ssh ? !isSlot(identitySlot) || tokenSlot != null : !isSlot(tokenSlot)) {
      throw new IllegalArgumentException(
          name + " needs " + (ssh ? "an identitySlot" : "a tokenSlot") + " and no other");
    }
    if (!ssh && (identitySlot != null || knownHosts != null)) {
      throw new IllegalArgumentException(name + " is https and has no identity, no known hosts");
    }
    if (ssh && (knownHosts == null || knownHosts.isBlank())) {
      throw new IllegalArgumentException(name + " has no knownHosts: no key is trusted at sight");
    }
    if (knownHosts != null && knownHosts.length() > MAX_KNOWN_HOSTS) {
      throw new IllegalArgumentException("knownHosts of " + name + " is too long");
    }
    if (!refs.stream().allMatch(ref -> REF.matcher(ref).matches() && !ref.contains(".."))) {
      throw new IllegalArgumentException("refs of " + name + " holds what is no full ref");
    }
  }

  /** Whether an upstream may be called so. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /** Whether it is reached by ssh, otherwise by https. */
  public boolean ssh() {
    return url.startsWith("ssh://");
  }

  /** The file name of its credential. */
  public String slot() {
    return Objects.requireNonNull(identitySlot == null ? tokenSlot : identitySlot, "slot");
  }

  /** The host in the url. */
  public String host() {
    var matcher = (ssh() ? SSH : HTTPS).matcher(url);
    return matcher.matches() ? matcher.group(2) : "";
  }

  /** The port in the url, or the scheme's own. */
  public int port() {
    return port(ssh(), url);
  }

  private static int port(boolean ssh, String url) {
    var matcher = (ssh ? SSH : HTTPS).matcher(url);
    String port = matcher.matches() ? matcher.group(3) : null;
    return port == null ? (ssh ? 22 : 443) : Integer.parseInt(port);
  }

  private static boolean isSlot(@Nullable String slot) {
    return slot != null && TokenSlot.isName(slot);
  }
}
