package dev.bottle.system.benchmark;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of those that are compared.
 *
 * @param name a column of the table
 * @param program whose CPU and memory count; null for nothing in between
 * @param closes what else ends with it
 */
record Subject(String name, Way way, @Nullable Program program, List<Program> closes)
    implements AutoCloseable {
  /** Of its program until now; none without one. */
  Duration cpu() {
    return program == null ? Duration.ZERO : program.cpu();
  }

  @Override
  public void close() throws IOException {
    if (program != null) {
      program.close();
    }
    for (Program other : closes) {
      other.close();
    }
  }
}
