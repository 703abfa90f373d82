package dev.bottle.crd.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.crd.json.MalformedDocumentException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitPolicyTest {
  private static final EgressPolicy EGRESS = new EgressPolicy(List.of(), List.of(), List.of(), "");
  private static final BottleIdentity BOTTLE = new BottleIdentity("ns", "demo", "u");

  private static GitUpstream ssh(String url) {
    return new GitUpstream(
        "app", url, "GIT_A", null, "h ssh-ed25519 A", List.of(), false, false, false);
  }

  private static GitUpstream https(String url) {
    return new GitUpstream("app", url, null, "GIT_A", null, List.of(), false, false, false);
  }

  @Test
  void aPolicyWithoutGitIsTheDocumentThatItWas() throws MalformedDocumentException {
    byte[] without = new Policy(Policy.VERSION, BOTTLE, EGRESS).toJson();

    assertThat(new String(without, UTF_8)).doesNotContain("\"git\"");
    assertThat(Policy.parse(without).upstreams()).isEqualTo(GitPolicy.NONE);
  }

  @Test
  void aPolicyWithGitIsReadAsItWasWritten() throws MalformedDocumentException {
    GitPolicy git =
        new GitPolicy(
            List.of(
                ssh("ssh://git@git.example.org:2222/team/app.git"),
                new GitUpstream(
                    "lib",
                    "https://git.example.org/lib.git",
                    null,
                    "GIT_B",
                    null,
                    List.of("refs/heads/bottle/*"),
                    true,
                    true,
                    false)));
    Policy policy = new Policy(Policy.VERSION, BOTTLE, EGRESS, git);

    assertThat(Policy.parse(policy.toJson())).isEqualTo(policy);
  }

  @ParameterizedTest
  @CsvSource({
    "ssh://git@git.example.org/app.git, git.example.org, 22",
    "ssh://git@git.example.org:2222/app.git, git.example.org, 2222",
    "https://git.example.org/team/app, git.example.org, 443",
    "https://git.example.org:8443/team/app/, git.example.org, 8443",
  })
  void hostAndPortAreTheUrls(String url, String host, int port) {
    GitUpstream upstream = url.startsWith("ssh") ? ssh(url) : https(url);

    assertThat(upstream.host()).isEqualTo(host);
    assertThat(upstream.port()).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ssh://-oProxyCommand=x@git.example.org/app",
        "ssh://git@-oProxyCommand/app",
        "ssh://git@git.example.org/../app",
        "ssh://git@git.example.org/a'b",
        "ssh://git@git.example.org:0/app",
        "ssh://git@git.example.org:70000/app",
        "ssh://git.example.org/app",
        "ssh://git@git.example.org",
        "git@git.example.org:app.git",
        "ext::sh -c true",
        "file:///etc",
        "http://git.example.org/app",
      })
  void whatIsNoUpstreamsUrlIsRefused(String url) {
    assertThatThrownBy(() -> ssh(url)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://user:secret@git.example.org/app",
        "https://git.example.org/app?x",
        "https://git.example.org/a b",
      })
  void noHttpsUrlHoldsMoreThanAPlace(String url) {
    assertThatThrownBy(() -> https(url)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anSshUpstreamNeedsKnownHostsAndOneNameIsThereOnce() {
    assertThatThrownBy(() ->
            new GitUpstream(
                "app", "ssh://git@a.test/b", "GIT_A", null, " ", List.of(), false, false, false))
        .hasMessageContaining("knownHosts");
    GitUpstream app = ssh("ssh://git@a.test/b");
    assertThatThrownBy(() -> new GitPolicy(List.of(app, app))).hasMessageContaining("twice");
  }
}
