package dev.bottle.bundle.supervise.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.crd.request.Ask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDeskTest {
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-27T12:00:00Z"));
  private final AtomicInteger changes = new AtomicInteger();

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init")
  private RequestDesk desk;

  @BeforeEach
  void open() throws IOException {
    InstantSource source = now::get;
    desk = new RequestDesk(directory, source.withZone(ZoneOffset.UTC), changes::incrementAndGet);
  }

  private void pass(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
  }

  private static Ask egress(String host) {
    return new Ask.Egress(host, List.of("POST", "GET"), "/v1", 3600);
  }

  @Test
  void aRequestIsOpenUntilAPersonDecidesAndThenSaysWhat() throws Exception {
    Request asked = desk.submit(egress("API.example.org"), "the build\nneeds it");
    assertThat(asked.state()).isEqualTo(Request.State.Pending);
    assertThat(asked.reason()).isEqualTo("the build needs it");
    assertThat(asked.ask()).isEqualTo(egress("api.example.org"));
    assertThat(desk.open()).containsExactly(asked);

    desk.decide(asked.id(), asked.hash(), true, "for \u001b[31mtoday");
    assertThat(desk.find(asked.id()))
        .hasValueSatisfying(decided -> {
          assertThat(decided.state()).isEqualTo(Request.State.Approved);
          assertThat(decided.note()).isEqualTo("for [31mtoday");
        });
    assertThat(desk.open()).isEmpty();
    assertThat(changes).hasValue(2);
  }

  @Test
  void aDecisionAppliesOnceAndToExactlyWhatWasAsked() throws Exception {
    Request asked = desk.submit(egress("one.example.org"), "r");
    Request other = desk.submit(egress("two.example.org"), "r");
    desk.decide(asked.id(), other.hash(), true, null);
    assertThat(desk.find(asked.id()).orElseThrow().state()).isEqualTo(Request.State.Pending);

    desk.decide(asked.id(), asked.hash(), false, null);
    desk.decide(asked.id(), asked.hash(), true, null);
    assertThat(desk.withdraw(asked.id()).orElseThrow().state()).isEqualTo(Request.State.Denied);
    assertThat(desk.decide("r0000000000000000", asked.hash(), true, null)).isEmpty();
  }

  @Test
  void whatIsOpenAlreadyIsNotAskedTwice() throws Exception {
    Request first =
        desk.submit(new Ask.Egress("a.example.org", List.of("GET", "POST"), null, 60), "x");
    Request again =
        desk.submit(new Ask.Egress("A.example.org", List.of("POST", "GET", "GET"), null, 60), "y");
    assertThat(again).isEqualTo(first);
    assertThat(changes).hasValue(1);
    desk.withdraw(first.id());
    assertThat(desk.submit(first.ask(), "x").id()).isNotEqualTo(first.id());
  }

  @Test
  void aFloodIsBoundedInMemoryAndOnTheDisk() throws Exception {
    int taken = 0;
    for (int i = 0; i < 1000; i++) {
      try {
        desk.submit(egress("h" + i + ".example.org"), "flood");
        taken++;
      } catch (TooManyRequestsException e) {
        assertThat(e).hasMessageContaining("wait");
      }
      pass(Duration.ofSeconds(2));
    }
    assertThat(taken).isEqualTo(RequestDesk.MAX_OPEN);
    assertThat(desk.open()).hasSize(RequestDesk.MAX_OPEN);
    for (int i = 0; i < 300; i++) {
      desk.withdraw(desk.open().getFirst().id());
      pass(Duration.ofSeconds(20));
      desk.submit(egress("g" + i + ".example.org"), "flood");
    }
    try (var files = Files.list(directory)) {
      assertThat(files.count()).isLessThanOrEqualTo(RequestDesk.MAX_OPEN + 100);
    }
  }

  @Test
  void sixInAMinute() throws Exception {
    for (int i = 0; i < 6; i++) {
      desk.submit(egress("h" + i + ".example.org"), "r");
    }
    assertThatThrownBy(() -> desk.submit(egress("h6.example.org"), "r"))
        .isInstanceOf(TooManyRequestsException.class);
    pass(Duration.ofSeconds(61));
    desk.submit(egress("h6.example.org"), "r");
  }

  @Test
  void nobodyDecidesWhatExpired() throws Exception {
    Request asked = desk.submit(egress("a.example.org"), "r");
    pass(Duration.ofHours(24));
    assertThat(desk.find(asked.id()).orElseThrow().state()).isEqualTo(Request.State.Expired);
    desk.decide(asked.id(), asked.hash(), true, null);
    assertThat(desk.find(asked.id()).orElseThrow().state()).isEqualTo(Request.State.Expired);
    assertThat(desk.open()).isEmpty();
  }

  @Test
  void aRestartForgetsNothingAndABrokenFileStopsNothing() throws Exception {
    Request open = desk.submit(egress("a.example.org"), "r");
    Request decided = desk.submit(new Ask.Question("Which one?", List.of("a", "b")), "r");
    Request git =
        desk.submit(new Ask.Git("https://h.example.org/a.git", List.of("refs/heads/x")), "r");
    desk.decide(decided.id(), decided.hash(), true, "a");
    Files.writeString(directory.resolve("r0000000000000000.json"), "{\"version\":1,");
    Files.writeString(directory.resolve(".rabc.next"), "half");
    Files.copy(directory.resolve(open.id() + ".json"), directory.resolve("r1111111111111111.json"));

    open();
    assertThat(desk.open()).containsExactlyInAnyOrder(open, git);
    assertThat(desk.find(decided.id()).orElseThrow().note()).isEqualTo("a");
    assertThat(desk.find("r1111111111111111")).as("a file under another name").isEmpty();
  }

  @Test
  void whatCannotBeKeptWasNotAsked() throws Exception {
    Files.delete(directory);
    assertThatThrownBy(() -> desk.submit(egress("a.example.org"), "r"))
        .isInstanceOf(IOException.class);
    assertThat(desk.open()).isEmpty();
    assertThat(changes).hasValue(0);
    Files.createDirectories(directory);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "*.example.org",
        "localhost",
        "169.254.169.254",
        "10.0.0.1",
        "[::1]",
        "a",
        "a.b:443",
        "example.org/",
        "exa mple.org",
        "\u0430pple.example.org\u200b",
        "example.org.",
        ""
      })
  void onlyOneHostNameIsAHost(String host) {
    assertThatThrownBy(() -> egress(host))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("host must be one host name");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1?x, path_prefix",
    "v1, path_prefix",
    "/a/../b, path_prefix",
    "/a//b, path_prefix",
    "/%2e%2e, path_prefix"
  })
  void onlyAPlainPathIsAPrefix(String prefix, String field) {
    assertThatThrownBy(() -> new Ask.Egress("a.example.org", List.of(), prefix, 3600))
        .hasMessageStartingWith(field);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://h.example.org/a.git",
        "https://user:token@h.example.org/a.git",
        "https://h.example.org/../a.git",
        "ssh://h.example.org/a.git",
        "ssh://-o@h.example.org/a",
        "git@h.example.org:a.git"
      })
  void onlyAUrlWithoutCredentialsIsOne(String url) {
    assertThatThrownBy(() -> new Ask.Git(url, List.of()))
        .hasMessageStartingWith("url must be https://host/path");
  }
}
