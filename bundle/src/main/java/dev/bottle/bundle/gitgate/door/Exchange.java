package dev.bottle.bundle.gitgate.door;

import dev.bottle.bundle.gitgate.program.Deadline;
import dev.bottle.bundle.gitgate.repository.Repository;
import dev.bottle.bundle.gitgate.upstream.UpstreamException;
import dev.bottle.crd.policy.GitUpstream;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request and its answer, on a thread of its own. */
final class Exchange implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

  private final Service service;
  private final GitRequest request;
  private final HttpHeaders headers;
  private final Repository repository;
  private final Channel guest;
  private final RequestBody body;
  private final Deadline deadline;
  private final Thread thread;

  /** Nothing happens before {@link #start}. */
  Exchange(
      Service service,
      GitRequest request,
      HttpHeaders headers,
      Repository repository,
      Channel guest) {
    this.service = service;
    this.request = request;
    this.headers = headers;
    this.repository = repository;
    this.guest = guest;
    this.body = new RequestBody(guest);
    this.deadline = Deadline.in(service.limits().exchange());
    this.thread = Thread.ofPlatform().daemon().unstarted(this);
  }

  void start() {
    thread.start();
  }

  RequestBody body() {
    return body;
  }

  /** As it was when this began. */
  GitUpstream upstream() {
    return repository.upstream();
  }

  /** The guest is gone, or may no longer: kills what runs. */
  void cancel() {
    deadline.cancel();
    thread.interrupt();
  }

  @Override
  public void run() {
    boolean whole = false;
    try {
      whole = serve();
    } catch (IOException | RuntimeException e) {
      LOG.info("an exchange with {} failed: {}", upstream().name(), e.toString());
    } catch (InterruptedException guestIsGone) {
      Thread.currentThread().interrupt();
    } finally {
      service.room().release();
      end(whole);
    }
  }

  private void end(boolean whole) {
    if (!whole || !body.ended()) {
      var _ = guest.close();
      return;
    }
    guest.pipeline().fireUserEventTriggered(this); // on the event loop: the next request
  }

  private boolean serve() throws IOException, InterruptedException {
    Optional<HttpResponse> refused = refusal();
    if (refused.isPresent()) {
      body.copyTo(OutputStream.nullOutputStream());
      return guest.writeAndFlush(refused.get()).await().isSuccess();
    }
    boolean pushes = (request.service() == GitRequest.Service.RECEIVE) && !request.advertisement();
    boolean answered =
        pushes ? service.pushes().run(repository, deadline, this::backend) : backend(Map.of());
    return answered && guest.writeAndFlush(CgiAnswer.end()).await().isSuccess();
  }

  private boolean backend(Map<String, String> extra) throws IOException, InterruptedException {
    return service.backend().run(request, headers, repository, extra, body, guest, deadline);
  }

  /** Why this goes no further, as an answer. */
  private Optional<HttpResponse> refusal() throws IOException, InterruptedException {
    if (!request.advertisement()) {
      String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
      return type.equals(request.service().requestType())
          ? Optional.empty()
          : Optional.of(
              Answer.plain(HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE, "git-gate speaks git only"));
    }
    if (request.service() == GitRequest.Service.RECEIVE && upstream().readOnly()) {
      return Optional.of(
          denied("ReadOnly", upstream().name() + " is read-only: nothing may be pushed to it"));
    }
    if (service.repositories().emptySlots().contains(upstream().slot())) {
      return Optional.of(
          denied(
              "CredentialMissing",
              "upstream "
                  + upstream().name()
                  + " has no credential: its Secret or key is missing"));
    }
    if (request.service() == GitRequest.Service.RECEIVE && repository.refreshed()) {
      return Optional.empty(); // the upstream itself has the last word about what has moved there
    }
    try {
      service.refresh().run(repository, deadline);
      return Optional.empty();
    } catch (UpstreamException e) {
      return Optional.of(denied(e.rule(), e.getMessage()));
    }
  }

  private HttpResponse denied(String rule, String message) {
    service.denials().tell(upstream().name(), null, rule, null, false);
    return Answer.error(request, message);
  }
}
