package dev.bottle.agent.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineCapacityTest {
  private static final long SMALLEST_KIB = 512 << 10;

  @TempDir Path directory;

  @Test
  void readsTheNodesMemory() throws IOException {
    Path meminfo = directory.resolve("meminfo");
    Files.writeString(meminfo, "MemTotal:        8131632 kB\nMemFree:          1 kB\n");
    assertThat(MachineCapacity.of(meminfo, OptionalInt.empty())).isEqualTo(15);
    assertThat(MachineCapacity.of(meminfo, OptionalInt.of(4))).isEqualTo(4);
  }

  @Test
  void memoryThatIsNotSaidIsAnError() throws IOException {
    Path meminfo = directory.resolve("meminfo");
    Files.writeString(meminfo, "MemFree: 1 kB\n");
    assertThatThrownBy(() -> MachineCapacity.of(meminfo, OptionalInt.empty()))
        .hasMessageContaining("MemTotal");
  }

  @Property
  void neverMoreThanMemoryOrSettingAndNeverNone(
      @ForAll @LongRange(min = 0, max = 1L << 40) long kib,
      @ForAll @IntRange(min = 1, max = 9_999) int setting) {
    int machines = MachineCapacity.of(kib, OptionalInt.of(setting));
    assertThat(machines).isBetween(1, setting);
    assertThat(machines == 1 || machines * SMALLEST_KIB <= kib).isTrue();
    assertThat(machines == setting || (machines + 1) * SMALLEST_KIB > kib).isTrue();
  }
}
