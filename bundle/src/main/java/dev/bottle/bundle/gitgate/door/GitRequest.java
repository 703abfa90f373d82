package dev.bottle.bundle.gitgate.door;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of the six requests of git's smart HTTP (gitprotocol-http) that there are here.
 *
 * @param name of the upstream, as it was asked for
 * @param service which the guest wants
 * @param advertisement whether it asks for the refs, the first request of each conversation
 */
record GitRequest(String name, Service service, boolean advertisement) {
  private static final Pattern TARGET =
      Pattern.compile(
          "/([^/?]{1,64})[.]git/"
              + "(?:info/refs[?]service=git-(upload|receive)-pack|git-(upload|receive)-pack)");
  private static final Pattern NAME = Pattern.compile("/([^/?]{1,64}?)(?:[.]git)?(?:/.*)?");

  /** What git calls the two directions. */
  enum Service {
    /** The guest fetches. */
    UPLOAD("git-upload-pack"),

    /** The guest pushes. */
    RECEIVE("git-receive-pack");

    private final String program;

    Service(String program) {
      this.program = program;
    }

    String program() {
      return program;
    }

    /** The type of the answer to an advertisement. */
    String advertisementType() {
      return "application/x-" + program + "-advertisement";
    }

    /** The type of a request's body. */
    String requestType() {
      return "application/x-" + program + "-request";
    }
  }

  /** Empty when it is none: nothing else is served. */
  static Optional<GitRequest> of(HttpRequest head) {
    Matcher matcher = TARGET.matcher(head.uri());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    boolean advertisement = matcher.group(2) != null;
    String direction = advertisement ? matcher.group(2) : matcher.group(3);
    HttpMethod method = advertisement ? HttpMethod.GET : HttpMethod.POST;
    return head.method().equals(method)
        ? Optional.of(
            new GitRequest(
                matcher.group(1),
                direction.equals("upload") ? Service.UPLOAD : Service.RECEIVE,
                advertisement))
        : Optional.empty();
  }

  /** For a denial: the name that was probably meant. */
  static String guess(String uri) {
    Matcher matcher = NAME.matcher(uri);
    return matcher.matches() ? matcher.group(1) : "";
  }

  /** The path in the repository that git's http-backend is asked for. */
  String path() {
    return advertisement ? "info/refs" : service.program();
  }
}
