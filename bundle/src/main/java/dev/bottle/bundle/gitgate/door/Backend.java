package dev.bottle.bundle.gitgate.door;

import dev.bottle.bundle.gitgate.program.Deadline;
import dev.bottle.bundle.gitgate.program.Program;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.repository.Repository;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs {@code git http-backend} for one request, as a CGI program (git-http-backend(1)). Of what
 * the guest says it is told what is listed here, and only in the form that git has.
 */
final class Backend {
  private static final Logger LOG = LoggerFactory.getLogger(Backend.class);

  private final Workshop workshop;

  Backend(Workshop workshop) {
    this.workshop = workshop;
  }

  /**
   * Returns when the program has ended and all but the end of its answer is written.
   *
   * @param extra environment for hooks
   * @return whether there is an answer, and a whole one
   * @throws IOException when there is no such program, or the guest is gone
   */
  boolean run(
      GitRequest request,
      HttpHeaders headers,
      Repository repository,
      Map<String, String> extra,
      RequestBody body,
      Channel guest,
      Deadline deadline)
      throws IOException, InterruptedException {
    Map<String, String> environment = environment(request, headers, repository);
    environment.putAll(extra);
    try (Program git = Program.start(List.of("git", "http-backend"), environment, deadline)) {
      Thread feeder =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  body.copyTo(git.in());
                } catch (InterruptedException guestIsGone) {
                  Thread.currentThread().interrupt();
                }
              });
      try {
        boolean answered = new CgiAnswer(guest).copy(git.out());
        int exit = git.await();
        if (!git.err().isBlank()) {
          LOG.info("git http-backend: {}", git.err().strip());
        }
        feeder.join();
        return answered && exit == 0;
      } finally {
        feeder.interrupt();
      }
    }
  }

  private Map<String, String> environment(
      GitRequest request, HttpHeaders headers, Repository repository) {
    Map<String, String> environment = workshop.environment(repository.directory());
    environment.remove("GIT_DIR");
    environment.put("GATEWAY_INTERFACE", "CGI/1.1");
    environment.put("SERVER_PROTOCOL", "HTTP/1.1");
    environment.put("REQUEST_METHOD", request.advertisement() ? "GET" : "POST");
    environment.put(
        "QUERY_STRING", request.advertisement() ? "service=" + request.service().program() : "");
    environment.put("PATH_TRANSLATED", repository.directory() + "/" + request.path());
    environment.put("REMOTE_USER", "guest");
    environment.put("REMOTE_ADDR", "guest");
    environment.put("GIT_HTTP_EXPORT_ALL", "1");
    if (!request.advertisement()) {
      environment.put("CONTENT_TYPE", request.service().requestType());
      String length = headers.get(HttpHeaderNames.CONTENT_LENGTH, "");
      if (length.matches("[0-9]{1,18}")) {
        environment.put("CONTENT_LENGTH", length);
      }
      String encoding = headers.get(HttpHeaderNames.CONTENT_ENCODING, "");
      if (encoding.equals("gzip") || encoding.equals("x-gzip")) {
        environment.put("HTTP_CONTENT_ENCODING", "gzip");
      }
    }
    String protocol = headers.get("Git-Protocol", "");
    if (protocol.matches("version=[0-2]")) {
      environment.put("GIT_PROTOCOL", protocol);
    }
    return environment;
  }
}
