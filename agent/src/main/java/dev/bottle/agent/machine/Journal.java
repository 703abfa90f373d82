package dev.bottle.agent.machine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One small file for each machine, replaced as a whole. */
public final class Journal {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private final Path directory;

  /** Keeps files in that directory, which only root reads. */
  public Journal(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
  }

  /**
   * Empty when nothing is remembered, and for a file that is damaged: a machine that nothing is
   * known of is restarted, which is safe, while one that cannot be looked at could not even be
   * removed.
   */
  public Optional<JournalEntry> read(String machine) throws IOException {
    try {
      return Optional.ofNullable(
          JSON.readValue(Files.readAllBytes(file(machine)), JournalEntry.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JsonProcessingException e) {
      LOG.atWarn().addKeyValue("machine", machine).log("what was remembered of it is damaged");
      return Optional.empty();
    }
  }

  /** Replaces what was remembered. */
  public void write(String machine, JournalEntry entry) throws IOException {
    Path staging = directory.resolve("." + machine);
    Files.write(
        staging,
        JSON.writeValueAsBytes(entry),
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE,
        StandardOpenOption.SYNC);
    Files.move(
        staging,
        file(machine),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Forgets. */
  public void delete(String machine) throws IOException {
    Files.deleteIfExists(file(machine));
  }

  private Path file(String machine) {
    return directory.resolve(machine + ".json");
  }
}
