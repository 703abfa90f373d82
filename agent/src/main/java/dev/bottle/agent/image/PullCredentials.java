package dev.bottle.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/** Registry credentials of one pull: the {@code auths} of every pull Secret, the first wins. */
public final class PullCredentials {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode auths;

  private PullCredentials(ObjectNode auths) {
    this.auths = auths;
  }

  /** For public images. */
  public static PullCredentials none() {
    return new PullCredentials(JSON.createObjectNode());
  }

  /**
   * From the contents of {@code .dockerconfigjson} files.
   *
   * @throws IOException when one is not JSON; the message holds nothing of it
   */
  public static PullCredentials of(List<byte[]> dockerConfigs) throws IOException {
    ObjectNode merged = JSON.createObjectNode();
    for (byte[] dockerConfig : dockerConfigs.reversed()) {
      JsonNode config;
      try {
        config = JSON.readTree(dockerConfig);
      } catch (IOException e) {
        throw new IOException("a pull Secret's .dockerconfigjson is not JSON");
      }
      config.path("auths").properties().forEach(auth -> merged.set(auth.getKey(), auth.getValue()));
    }
    return new PullCredentials(merged);
  }

  /** The config.json that a registry client reads. */
  byte[] dockerConfig() throws IOException {
    return JSON.writeValueAsBytes(JSON.createObjectNode().set("auths", auths));
  }

  @Override
  public String toString() {
    return "PullCredentials[" + auths.size() + " registries]";
  }
}
