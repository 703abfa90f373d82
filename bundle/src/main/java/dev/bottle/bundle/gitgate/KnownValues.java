package dev.bottle.bundle.gitgate;

import dev.bottle.bundle.egress.inspection.ValueSearch;
import dev.bottle.bundle.egress.route.Token;
import dev.bottle.bundle.egress.route.Tokens;
import dev.bottle.bundle.gitgate.upstream.Credentials;
import java.util.List;
import java.util.Map;

/** What no push may hold: the canary, egress's tokens where they are given, our own credentials. */
final class KnownValues {
  private String canary = "";
  private Tokens tokens = Tokens.NONE;
  private Credentials credentials = Credentials.NONE;
  private volatile ValueSearch search = ValueSearch.of(Map.of());

  ValueSearch search() {
    return search;
  }

  synchronized void canary(String now) {
    canary = now;
    build();
  }

  synchronized void tokens(Tokens now) {
    tokens = now;
    build();
  }

  synchronized void credentials(Credentials now) {
    credentials = now;
    build();
  }

  private void build() {
    search =
        ValueSearch.of(
            Map.of(
                "Canary", canary.isEmpty() ? List.of() : List.of(canary),
                "OwnToken", tokens.all().stream().map(Token::value).toList(),
                "OwnCredential", credentials.values()));
  }
}
