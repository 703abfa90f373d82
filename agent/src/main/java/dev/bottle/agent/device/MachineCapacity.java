package dev.bottle.agent.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many machines a node may run. */
public final class MachineCapacity {
  /** The smallest guest that the API admits; the scheduler counts the real sizes. */
  private static final long SMALLEST_KIB = 512 << 10;

  private static final Pattern TOTAL = Pattern.compile("(?m)^MemTotal:\\s+(\\d{1,15}) kB$");

  private MachineCapacity() {}

  /**
   * As many of the smallest machines as the memory holds, at least one, at most the setting.
   *
   * @param meminfo proc(5)'s
   * @throws IOException when it does not say how much memory there is
   */
  public static int of(Path meminfo, OptionalInt setting) throws IOException {
    Matcher total = TOTAL.matcher(Files.readString(meminfo));
    if (!total.find()) {
      throw new IOException(meminfo + " does not say MemTotal");
    }
    return of(Long.parseLong(total.group(1)), setting);
  }

  static int of(long memoryKib, OptionalInt setting) {
    long byMemory = Math.max(1, memoryKib / SMALLEST_KIB);
    return (int) Math.min(byMemory, setting.orElse(9_999));
  }
}
