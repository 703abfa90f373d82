package dev.bottle.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountTableTest {
  @TempDir Path temp;

  private MountTable table(String text) throws IOException {
    return new MountTable(
        Files.write(temp.resolve("mountinfo"), text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Test
  void readsRootsPointsAndPropagation() throws IOException {
    MountTable table =
        table(
            """
            21 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
            30 21 0:5 / /run rw shared:7 master:2 - tmpfs tmpfs rw
            31 30 8:1 /var/a\\040b /run/bottle/x rw - ext4 /dev/sda1 rw
            32 30 8:1 /second /run/bottle/x rw master:1 - ext4 /dev/sda1 rw
            """);

    assertThat(table.at(Path.of("/run/bottle/x")))
        .contains(new MountTable.Mount("/second", Path.of("/run/bottle/x"), false));
    assertThat(table.below(Path.of("/run/bottle"))).hasSize(2);
    assertThat(table.below(Path.of("/run/bottle")).getFirst().root()).isEqualTo("/var/a b");
    assertThat(table.holding(Path.of("/run/bottle")))
        .contains(new MountTable.Mount("/", Path.of("/run"), true));
    assertThat(table.at(Path.of("/run/bottle"))).isEmpty();
  }

  @Test
  void aForeignMountWithBytesThatAreNoTextHidesNothing() throws IOException {
    MountTable table =
        table(
            """
            21 1 8:1 / /media/\u00ff\u00fe rw - ext4 /dev/sda1 rw
            22 1 8:1 / /run/bottle rw - ext4 /dev/sda1 rw
            """);
    assertThat(table.at(Path.of("/run/bottle"))).isPresent();
  }
}
