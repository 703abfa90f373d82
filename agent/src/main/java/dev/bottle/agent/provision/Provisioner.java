package dev.bottle.agent.provision;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Writes the guest files into a running machine and makes sure that they arrived. */
public final class Provisioner {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final MachineRuntime runtime;

  /** Executes in that runtime's machines. */
  public Provisioner(MachineRuntime runtime) {
    this.runtime = runtime;
  }

  /**
   * Sends the stream; the guest's tool must answer with the digest of what it read.
   *
   * @return the digest
   * @throws RuntimeFailure UserNotFound, or ProvisioningFailed with what the guest said
   */
  public String provision(String machine, GuestMaterial material)
      throws RuntimeFailure, InterruptedException {
    GuestStream stream;
    try {
      stream = new GuestStream(material);
    } catch (IOException e) {
      throw new RuntimeFailure(Reason.ProvisioningFailed, "building the stream: " + e.getMessage());
    }
    CommandResult result =
        runtime.exec(
            machine,
            List.of("/opt/bottle/bin/bottle-tool", "provision"),
            DEADLINE,
            stdin -> stdin.write(stream.bytes()));
    String received = answer(result);
    if (!received.equals(stream.digest())) {
      throw new RuntimeFailure(
          Reason.ProvisioningFailed,
          "the guest received " + received + " and was sent " + stream.digest());
    }
    return received;
  }

  /** The guest is not trusted: its answer is only compared and quoted, shortened. */
  private static String answer(CommandResult result) throws RuntimeFailure {
    JsonNode answer;
    try {
      answer = JSON.readTree(result.stdout());
    } catch (JsonProcessingException e) {
      throw new RuntimeFailure(Reason.ProvisioningFailed, shortened(result.complaint()));
    }
    JsonNode error = answer.path("error");
    if (error.isObject()) {
      String message = shortened(error.path("message").asText());
      throw new RuntimeFailure(
          error.path("reason").asText().equals(Reason.UserNotFound.name())
              ? Reason.UserNotFound
              : Reason.ProvisioningFailed,
          message);
    }
    if (!result.succeeded() || !answer.path("digest").isTextual()) {
      throw new RuntimeFailure(Reason.ProvisioningFailed, shortened(result.complaint()));
    }
    return shortened(answer.path("digest").asText());
  }

  private static String shortened(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.length() <= 300 ? line : line.substring(0, 300) + "…";
  }
}
