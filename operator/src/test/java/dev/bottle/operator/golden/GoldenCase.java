package dev.bottle.operator.golden;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.OperatorClient;
import dev.bottle.operator.admin.AdminConfigReader;
import dev.bottle.operator.cluster.NodeFacts;
import dev.bottle.operator.fixture.World;
import dev.bottle.operator.lease.AgentState;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A folder of src/test/resources/golden. */
record GoldenCase(Path folder) {
  private static final Path ROOT = Path.of("src/test/resources/golden");
  private static final ObjectMapper YAML = new YAMLMapper();

  private record Facts(List<String> apiServer, List<NodeFacts> nodes) {}

  static List<GoldenCase> all() {
    try (Stream<Path> folders = Files.list(ROOT)) {
      return folders.filter(Files::isDirectory).sorted().map(GoldenCase::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name() {
    return folder.getFileName().toString();
  }

  World world() {
    World world =
        World.of(
            OperatorClient.serialization()
                .unmarshal(String.valueOf(read("bottle.yaml")), Bottle.class));
    String config = read("config.yaml");
    if (config != null) {
      world.admin = AdminConfigReader.read(admin(config));
    }
    String approval = read("approval.yaml");
    if (approval != null) {
      BottleApproval decided =
          OperatorClient.serialization().unmarshal(approval, BottleApproval.class);
      world.approvals.put(decided.getMetadata().getName(), decided);
    }
    String facts = read("facts.yaml");
    if (facts != null) {
      use(world, facts);
    }
    return world;
  }

  private static void use(World world, String text) {
    try {
      Facts facts = YAML.readValue(text, Facts.class);
      world.apiServer = Set.copyOf(new TreeSet<>(facts.apiServer()));
      world.nodes.clear();
      facts.nodes().forEach(node -> world.nodes.put(node.name(), node));
      facts.nodes().forEach(node -> world.agents.put(node.name(), AgentState.Fresh));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static ConfigMap admin(String config) {
    return new ConfigMapBuilder().addToData(Names.ADMIN_CONFIG_KEY, config).build();
  }

  @Nullable String read(String file) {
    try {
      Path path = folder.resolve(file);
      return Files.exists(path) ? Files.readString(path) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void write(String file, String text) {
    try {
      Files.writeString(folder.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
