package dev.bottle.bundle.supervise.request;

import dev.bottle.crd.request.Ask;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests, says what became of them, and takes decisions. Bounded, whatever is asked: so
 * many are open, so many come in a minute, so many closed ones are remembered; what is open already
 * is not asked twice. Safe for threads.
 */
public final class RequestDesk {
  /** The most that are open at a time. */
  public static final int MAX_OPEN = 20;

  private static final int MAX_CLOSED = 100;
  private static final int MAX_A_MINUTE = 6;
  private static final Duration LIFE = Duration.ofHours(24);
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int ID_LETTERS = 16;

  private final RequestFiles files;
  private final Clock clock;
  private final Runnable changed;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Request> requests = new LinkedHashMap<>();
  private final Deque<Instant> arrivals = new ArrayDeque<>();

  /**
   * As the files say, so that a restart forgets nothing.
   *
   * @param changed is called after every change, by whoever made it
   * @throws IOException when the directory cannot be used
   */
  public RequestDesk(Path directory, Clock clock, Runnable changed) throws IOException {
    this.files = new RequestFiles(directory);
    this.clock = clock;
    this.changed = changed;
    files.read().forEach(request -> requests.put(request.id(), request));
  }

  /**
   * Asks. The same thing that is open already is the request that there is.
   *
   * @throws TooManyRequestsException when it cannot be taken now
   * @throws IOException when it cannot be kept: then it was not asked
   */
  public Request submit(Ask ask, String reason) throws IOException, TooManyRequestsException {
    Request request;
    synchronized (this) {
      expire();
      Optional<Request> same =
          openOnes().stream().filter(open -> open.ask().equals(ask)).findFirst();
      if (same.isPresent()) {
        return same.get();
      }
      Instant now = clock.instant();
      while (!arrivals.isEmpty()
          && arrivals.getFirst().isBefore(now.minus(Duration.ofMinutes(1)))) {
        arrivals.removeFirst();
      }
      if (openOnes().size() >= MAX_OPEN) {
        throw new TooManyRequestsException(
            MAX_OPEN + " requests are open; withdraw one, or wait until a person decides");
      }
      if (arrivals.size() >= MAX_A_MINUTE) {
        throw new TooManyRequestsException("more than 6 requests in a minute; wait a minute");
      }
      request =
          new Request(
              Request.VERSION,
              id(),
              now.getEpochSecond(),
              now.plus(LIFE).getEpochSecond(),
              ask,
              reason,
              Request.State.Pending,
              null);
      keep(request);
      forget();
      arrivals.addLast(now);
    }
    changed.run();
    return request;
  }

  /** The request of this id, as it is now. */
  public synchronized Optional<Request> find(String id) {
    expire();
    return Optional.ofNullable(requests.get(id));
  }

  /** Those that nobody decided, the oldest first. */
  public synchronized List<Request> open() {
    expire();
    return openOnes();
  }

  /**
   * Takes an open request back; what is closed stays as it is.
   *
   * @return the request, empty when there is none
   */
  public Optional<Request> withdraw(String id) throws IOException {
    return close(id, null, Request.State.Withdrawn, null);
  }

  /**
   * A person's decision. Applies once, and to exactly what was asked.
   *
   * @param hash of the request that was decided
   * @return the request as it is then, empty when there is none
   */
  public Optional<Request> decide(String id, String hash, boolean approved, @Nullable String note)
      throws IOException {
    return close(id, hash, approved ? Request.State.Approved : Request.State.Denied, note);
  }

  private Optional<Request> close(
      String id, @Nullable String hash, Request.State state, @Nullable String note)
      throws IOException {
    Request closed;
    synchronized (this) {
      expire();
      Request request = requests.get(id);
      if (request == null
          || request.state() != Request.State.Pending
          || (hash != null && !hash.equals(request.hash()))) {
        return Optional.ofNullable(request);
      }
      closed = request.as(state, note);
      keep(closed);
      forget();
    }
    changed.run();
    return Optional.of(closed);
  }

  private List<Request> openOnes() {
    return requests.values().stream()
        .filter(request -> request.state() == Request.State.Pending)
        .toList();
  }

  /** In memory only: the file's own time says it again after a restart. */
  private void expire() {
    long now = clock.instant().getEpochSecond();
    requests.replaceAll((_, request) ->
        request.state() == Request.State.Pending && request.expiresSeconds() <= now
            ? request.as(Request.State.Expired, null)
            : request);
  }

  private void keep(Request request) throws IOException {
    files.write(request);
    requests.put(request.id(), request);
  }

  private void forget() throws IOException {
    List<Request> closed =
        requests.values().stream()
            .filter(request -> request.state() != Request.State.Pending)
            .toList();
    for (Request oldest : closed.subList(0, Math.max(0, closed.size() - MAX_CLOSED))) {
      files.delete(oldest.id());
      requests.remove(oldest.id());
    }
  }

  private String id() {
    StringBuilder id = new StringBuilder("r");
    for (int i = 0; i < ID_LETTERS; i++) {
      id.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return id.toString();
  }
}
