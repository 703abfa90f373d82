package dev.bottle.operator.render;

import dev.bottle.crd.api.AgentSpec;
import dev.bottle.crd.api.EnvironmentVariable;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The environment of the guest. Tools read the proxy from either case of the variable's name, and
 * the trusted roots from one of a dozen: all are set. A Bottle's author may override the defaults
 * but not the proxy and the roots, without which nothing gets out.
 */
final class GuestEnvironment {
  private static final String PROXY = "http://127.0.0.1:8888";

  /** Only the bundle's certificate: added to the tool's own roots. */
  private static final String CERTIFICATE = "/etc/bottle/ca.pem";

  /** The image's roots and the bundle's: replaces the tool's own roots. */
  private static final String ROOTS = "/etc/bottle/ca-bundle.pem";

  private static final List<String> ROOTS_VARIABLES =
      List.of(
          "SSL_CERT_FILE",
          "REQUESTS_CA_BUNDLE",
          "CURL_CA_BUNDLE",
          "GIT_SSL_CAINFO",
          "PIP_CERT",
          "AWS_CA_BUNDLE",
          "CARGO_HTTP_CAINFO",
          "DENO_CERT",
          "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
          "HEX_CACERTS_PATH",
          "NIX_SSL_CERT_FILE");

  private GuestEnvironment() {}

  static SortedMap<String, String> render(@Nullable AgentSpec agent, String canary) {
    SortedMap<String, String> environment = new TreeMap<>();
    environment.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    environment.put("DISABLE_AUTOUPDATER", "1");
    both(environment, "NO_PROXY", "localhost,127.0.0.1,::1");
    for (EnvironmentVariable variable :
        agent == null || agent.env() == null ? List.<EnvironmentVariable>of() : agent.env()) {
      environment.put(variable.name(), variable.value());
    }
    environment.put(Canary.VARIABLE, canary);
    both(environment, "HTTPS_PROXY", PROXY);
    both(environment, "HTTP_PROXY", PROXY);
    both(environment, "ALL_PROXY", PROXY);
    environment.put("NODE_EXTRA_CA_CERTS", CERTIFICATE);
    ROOTS_VARIABLES.forEach(name -> environment.put(name, ROOTS));
    return environment;
  }

  private static void both(SortedMap<String, String> environment, String name, String value) {
    environment.put(name, value);
    environment.put(name.toLowerCase(java.util.Locale.ROOT), value);
  }
}
