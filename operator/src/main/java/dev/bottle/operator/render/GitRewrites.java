package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.policy.GitUpstream;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Leads the guest's git to git-gate, whichever way an upstream's url is written: {@code
 * url.<base>.insteadOf} of git-config(1), by variables that git reads as configuration. {@code
 * insteadOf} replaces a prefix, so a form without {@code .git} is led there only when the Bottle
 * itself writes it so: it would be the beginning of other repositories' urls.
 */
final class GitRewrites {
  /** Where the guest's relay listens; docs/contracts.md. */
  static final String GATE = "http://127.0.0.1:9418/";

  private static final String GIT = ".git";
  private static final String COUNT = "GIT_CONFIG_COUNT";

  private GitRewrites() {}

  /** Adds to what a Bottle's author may have set in the same way. */
  static void addTo(Map<String, String> environment, Bottle bottle) {
    List<GitUpstream> upstreams = GitRenderer.upstreams(bottle);
    if (upstreams.isEmpty()) {
      return;
    }
    int index = count(environment.get(COUNT));
    index = add(environment, index, "http." + GATE + ".proxy", "");
    for (GitUpstream upstream : upstreams) {
      String base = "url." + GATE + upstream.name() + ".git.insteadOf";
      for (String form : forms(upstream)) {
        index = add(environment, index, base, form);
        if (form.endsWith(GIT)) {
          // acme/acme.git is also the beginning of acme/acme.github.io; the longer prefix wins.
          for (String longer : List.of(form + "hub", form + "lab")) {
            index = add(environment, index, "url." + longer + ".insteadOf", longer);
          }
        }
      }
    }
    environment.put(COUNT, Integer.toString(index));
  }

  private static int add(Map<String, String> environment, int index, String key, String value) {
    environment.put("GIT_CONFIG_KEY_" + index, key);
    environment.put("GIT_CONFIG_VALUE_" + index, value);
    return index + 1;
  }

  private static int count(@Nullable String text) {
    return text != null && text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
  }

  private static Set<String> forms(GitUpstream upstream) {
    URI url = URI.create(upstream.url());
    String path = url.getPath().replaceAll("/+$", "");
    String whole = path.endsWith(GIT) ? path : path + GIT;
    String user = upstream.ssh() ? url.getUserInfo() : "git";
    Set<String> forms = new LinkedHashSet<>();
    forms.add(upstream.url());
    if (url.getPort() < 0) {
      forms.add("https://" + upstream.host() + whole);
      forms.add("ssh://" + user + "@" + upstream.host() + whole);
      forms.add(user + "@" + upstream.host() + ":" + whole.substring(1));
    }
    return forms;
  }
}
