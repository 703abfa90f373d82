package dev.bottle.agent.preflight;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Asks the runtime, the node's tool in the host's namespaces, and the file system. */
public final class NodeSurvey implements Survey {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES).build();
  private static final Duration DEADLINE = Duration.ofSeconds(15);
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");

  /**
   * The node's, also in a cage: of its group kvm a monitor stays a member (docs/smolvm-facts.md).
   */
  private static final String GROUPS = "/etc/group";

  private final MachineRuntime runtime;
  private final CommandRunner host;
  private final NodePaths paths;

  /** Asks with these; {@code host} runs in the host's namespaces. */
  public NodeSurvey(MachineRuntime runtime, CommandRunner host, NodePaths paths) {
    this.runtime = runtime;
    this.host = host;
    this.paths = paths;
  }

  @Override
  public NodeFacts gather() throws InterruptedException {
    return new NodeFacts(version(), kernel(), free());
  }

  private Answer<RuntimeVersion> version() throws InterruptedException {
    try {
      return new Answer.Given<>(new RuntimeVersion(runtime.version()));
    } catch (RuntimeFailure e) {
      return new Answer.Refused<>(String.valueOf(e.getMessage()));
    }
  }

  private Answer<KernelFacts> kernel() throws InterruptedException {
    List<String> argv =
        List.of(
            paths.program("bottle-tool").toString(),
            "preflight",
            "--group-file",
            GROUPS,
            "--nofile",
            Long.toString(Judgement.DESCRIPTORS));
    try {
      CommandResult result = host.run(Command.of(DEADLINE, ENVIRONMENT, argv));
      return result.succeeded()
          ? new Answer.Given<>(JSON.readValue(result.stdout(), KernelFacts.class))
          : new Answer.Refused<>("bottle-tool preflight: " + result.complaint());
    } catch (JsonProcessingException e) {
      return new Answer.Refused<>("bottle-tool preflight does not answer in the expected form");
    } catch (IOException e) {
      return new Answer.Refused<>("bottle-tool preflight: " + e.getMessage());
    }
  }

  private Answer<Long> free() {
    try {
      return new Answer.Given<>(Files.getFileStore(paths.home()).getUsableSpace());
    } catch (IOException e) {
      return new Answer.Refused<>("the free space of " + paths.home() + " is not known: " + e);
    }
  }
}
