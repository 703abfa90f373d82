package dev.bottle.agent.smolvm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.bottle.crd.condition.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code smolvm machine status --json} and {@code ls --json}: the same object in both. */
final class StatusJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LOCAL_DIRECTORY = "local-dir:";

  private StatusJson() {}

  static MachineRecord machine(String json) throws RuntimeFailure {
    return record(tree(json));
  }

  static List<MachineRecord> machines(String json) throws RuntimeFailure {
    if (!(tree(json) instanceof ArrayNode array)) {
      throw new RuntimeFailure(Reason.RuntimeMissing, "smolvm machine ls --json is not a list");
    }
    List<MachineRecord> machines = new ArrayList<>();
    for (JsonNode node : array) {
      machines.add(record(node));
    }
    return machines;
  }

  private static JsonNode tree(String json) throws RuntimeFailure {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new RuntimeFailure(
          Reason.RuntimeMissing, "smolvm did not answer in JSON: " + e.getOriginalMessage());
    }
  }

  private static MachineRecord record(JsonNode node) throws RuntimeFailure {
    Map<String, String> labels = new HashMap<>();
    node.path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    String image = node.path("image").asText("");
    return new MachineRecord(
        node.path("name").asText(),
        state(node.path("state").asText()),
        MachineLabels.parse(labels),
        node.path("pid").canConvertToLong()
            ? Optional.of(node.path("pid").asLong())
            : Optional.empty(),
        new MachineSize(
            node.path("cpus").asInt(),
            node.path("memory_mib").asLong(),
            node.path("storage_gb").asLong()),
        image.startsWith(LOCAL_DIRECTORY) ? image.substring(LOCAL_DIRECTORY.length()) : image,
        !node.path("network").asBoolean(true));
  }

  private static MachineRecord.State state(String word) throws RuntimeFailure {
    return switch (word) {
      case "running" -> MachineRecord.State.Running;
      case "unreachable", "frozen" -> MachineRecord.State.Unreachable;
      case "created", "stopped", "failed" -> MachineRecord.State.Stopped;
      default ->
          throw new RuntimeFailure(
              Reason.RuntimeMissing, "smolvm reports a machine state that is not known: " + word);
    };
  }
}
