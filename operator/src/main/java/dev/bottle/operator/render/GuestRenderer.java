package dev.bottle.operator.render;

import dev.bottle.crd.api.AgentSpec;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.PromptSource;
import dev.bottle.crd.api.SkillSource;
import dev.bottle.crd.guest.GuestFiles;
import dev.bottle.crd.guest.PromptKind;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** guest.json and, when it is inline, prompt.text. */
final class GuestRenderer {
  static final String GUEST_FILE = "guest.json";
  static final String PROMPT_FILE = "prompt.text";

  private GuestRenderer() {}

  /** The data of the guest ConfigMap. */
  static SortedMap<String, String> render(Bottle bottle) {
    AgentSpec agent = bottle.getSpec().agent();
    SortedMap<String, String> environment = GuestEnvironment.render(agent, Canary.of(bottle));
    GitRewrites.addTo(environment, bottle);
    SuperviseAccess.addTo(environment, bottle);
    SortedMap<String, String> files = new TreeMap<>();
    files.put(
        GUEST_FILE,
        text(
            new GuestFiles(
                    GuestFiles.VERSION,
                    agent == null ? null : agent.user(),
                    agent == null ? null : agent.workdir(),
                    agent == null ? null : agent.skillsDir(),
                    skills(agent).stream().map(SkillSource::name).toList(),
                    environment,
                    kind(agent),
                    SuperviseAccess.servers(bottle))
                .toJson()));
    if (kind(agent) == PromptKind.Text) {
      files.put(PROMPT_FILE, inlinePrompt(agent));
    }
    return files;
  }

  /** The guest hash of this data. */
  static String hash(SortedMap<String, String> files) {
    return GuestFiles.hash(
        files.getOrDefault(GUEST_FILE, "").getBytes(StandardCharsets.UTF_8),
        files.getOrDefault(PROMPT_FILE, "").getBytes(StandardCharsets.UTF_8));
  }

  /** By name: their order in the spec has no meaning, and must not replace a Pod. */
  static List<SkillSource> skills(@Nullable AgentSpec agent) {
    return agent == null || agent.skills() == null
        ? List.of()
        : agent.skills().stream().sorted(Comparator.comparing(SkillSource::name)).toList();
  }

  static PromptKind kind(@Nullable AgentSpec agent) {
    PromptSource prompt = agent == null ? null : agent.prompt();
    if (prompt == null) {
      return PromptKind.None;
    }
    if (prompt.text() != null) {
      return PromptKind.Text;
    }
    return prompt.configMapKeyRef() != null || prompt.secretKeyRef() != null
        ? PromptKind.Reference
        : PromptKind.None;
  }

  private static String inlinePrompt(@Nullable AgentSpec agent) {
    PromptSource prompt = agent == null ? null : agent.prompt();
    String text = prompt == null ? null : prompt.text();
    return text == null ? "" : text;
  }

  private static String text(byte[] document) {
    return new String(document, StandardCharsets.UTF_8);
  }
}
