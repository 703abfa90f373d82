package dev.bottle.operator.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.AgentSpec;
import dev.bottle.crd.api.EnvironmentVariable;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestEnvironmentTest {
  @Test
  void anAuthorMayOverrideDefaultsButNotTheWayOut() {
    var environment =
        GuestEnvironment.render(
            agent(
                new EnvironmentVariable("NO_PROXY", "localhost"),
                new EnvironmentVariable("https_proxy", "http://elsewhere"),
                new EnvironmentVariable("SSL_CERT_FILE", "/mine"),
                new EnvironmentVariable("BOTTLE_CANARY", "mine"),
                new EnvironmentVariable("LANG", "C.UTF-8")),
            "canary");

    assertThat(environment)
        .containsEntry("NO_PROXY", "localhost")
        .containsEntry("LANG", "C.UTF-8")
        .containsEntry("BOTTLE_CANARY", "canary")
        .containsEntry("https_proxy", "http://127.0.0.1:8888")
        .containsEntry("SSL_CERT_FILE", "/etc/bottle/ca-bundle.pem");
  }

  @Test
  void bothSpellingsOfEveryProxyVariableAreSet() {
    assertThat(GuestEnvironment.render(null, "canary"))
        .containsKeys(
            "HTTPS_PROXY",
            "https_proxy",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy")
        .containsEntry("NODE_EXTRA_CA_CERTS", "/etc/bottle/ca.pem");
  }

  private static AgentSpec agent(EnvironmentVariable... variables) {
    return new AgentSpec(null, null, null, null, List.of(variables), null);
  }
}
