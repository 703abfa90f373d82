package dev.bottle.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.names.Names;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class NodePathsTest {
  private final NodePaths paths =
      new NodePaths(Path.of("/home"), Path.of("/run/bottle"), Path.of("/kubelet"));

  /** Whatever their names are: a Bottle of this name in another namespace, or a later one. */
  @Test
  void twoBottlesNeverShareADirectory() {
    String one = new UUID(0x5f5a0d5c00004000L, 0x800000000000000bL).toString();
    String other = new UUID(0x5f5a0d5c00004000L, 0x800000000000000cL).toString();

    assertThat(paths.bottleDirectory(one))
        .isEqualTo(paths.bottleDirectory(one))
        .isNotEqualTo(paths.bottleDirectory(other))
        .hasParentRaw(paths.runDirectory());
    assertThat(Names.machine(one)).isNotEqualTo(Names.machine(other));
  }
}
