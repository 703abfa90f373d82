package dev.bottle.crd.guest;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.json.StrictJson;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * guest.json: who runs the agent, with which environment and which MCP servers, immutable.
 *
 * @param version the version of the format, {@link #VERSION}
 * @param user null: {@code node} when the image has it, else root
 * @param workdir null: the user's home
 * @param skillsDir null: {@code <home>/.claude/skills}
 * @param skills names; their files come beside guest.json
 * @param mcpServers names and URLs of the MCP servers (Streamable HTTP) that Bottle gives the
 *     agent; not in the document when there are none, which is a former version's document
 */
public record GuestFiles(
    int version,
    @Nullable String user,
    @Nullable String workdir,
    @Nullable String skillsDir,
    List<String> skills,
    Map<String, String> environment,
    PromptKind prompt,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> mcpServers) {
  /** The only version there is. */
  public static final int VERSION = 1;

  /** The longest guest.json, in bytes: what a ConfigMap holds. */
  public static final int MAX_BYTES = 1024 * 1024;

  private static final byte[] NUL = {0};

  /** Copies; refuses another version and absent parts. */
  public GuestFiles {
    if (version != VERSION) {
      throw new IllegalArgumentException("version must be " + VERSION);
    }
    skills = List.copyOf(Objects.requireNonNull(skills, "skills is missing"));
    environment = Map.copyOf(Objects.requireNonNull(environment, "environment is missing"));
    Objects.requireNonNull(prompt, "prompt is missing");
    mcpServers = mcpServers == null ? Map.of() : Map.copyOf(mcpServers);
  }

  /** guest.json of these files; equal ones have equal bytes. */
  public byte[] toJson() {
    return StrictJson.write(this);
  }

  /**
   * Reads guest.json.
   *
   * @throws MalformedDocumentException when it is not exactly guest.json of {@link #VERSION}
   */
  public static GuestFiles parse(byte[] document) throws MalformedDocumentException {
    return StrictJson.read(document, MAX_BYTES, GuestFiles.class);
  }

  /**
   * The guest hash: SHA-256 of guest.json, a NUL and the inline prompt, 64 lower-case hex digits.
   *
   * @param inlinePrompt the bytes of spec.agent.prompt.text; empty for any other prompt
   */
  public static String hash(byte[] document, byte[] inlinePrompt) {
    return Sha256.hex(document, NUL, inlinePrompt);
  }
}
