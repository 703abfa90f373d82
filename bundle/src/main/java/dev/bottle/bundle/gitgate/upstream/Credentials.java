package dev.bottle.bundle.gitgate.upstream;

import dev.bottle.crd.policy.TokenSlot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials of all slots at one moment: private keys and tokens, one file each. Immutable; no
 * record, so that nothing prints a value by accident.
 */
public final class Credentials {
  /** No slot has one. */
  public static final Credentials NONE = new Credentials(Map.of());

  private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);
  private static final int MAX_BYTES = 32 * 1024;

  private final Map<String, byte[]> bySlot;

  private Credentials(Map<String, byte[]> bySlot) {
    this.bySlot = Map.copyOf(bySlot);
  }

  /** Reads the directory; what cannot be read, is empty or too long is an empty slot. */
  public static Credentials read(Path directory) {
    Map<String, byte[]> found = new HashMap<>();
    if (Files.isDirectory(directory)) {
      try (var entries = Files.newDirectoryStream(directory)) {
        for (Path entry : entries) {
          String name = String.valueOf(entry.getFileName());
          if (TokenSlot.isName(name)) {
            content(entry).ifPresent(content -> found.put(name, content));
          }
        }
      } catch (IOException | DirectoryIteratorException e) {
        LOG.warn("{} cannot be read ({})", directory, e.getClass().getSimpleName());
      }
    }
    return new Credentials(found);
  }

  private static Optional<byte[]> content(Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      return content.length <= MAX_BYTES && !text(content).isBlank()
          ? Optional.of(content)
          : Optional.empty();
    } catch (IOException e) {
      LOG.warn("{} cannot be read ({})", file.getFileName(), e.getClass().getSimpleName());
      return Optional.empty();
    }
  }

  /** The private key of this slot, ending in a line feed, without which ssh takes none. */
  Optional<byte[]> identity(String slot) {
    return Optional.ofNullable(bySlot.get(slot))
        .map(content -> (text(content).strip() + "\n").getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The token of this slot, visible US-ASCII. */
  Optional<String> token(String slot) {
    return Optional.ofNullable(bySlot.get(slot))
        .map(content -> text(content).strip())
        .filter(token -> token.matches("[!-~]+"));
  }

  /** Whether this slot has a value. */
  public boolean has(String slot) {
    return bySlot.containsKey(slot);
  }

  /**
   * What no push may hold: each line but those that are alike in all private keys (RFC 7468's
   * frame, and what OpenSSH's format begins with).
   */
  public List<String> values() {
    return bySlot.values().stream()
        .flatMap(content -> lines(text(content)))
        .filter(line -> line.matches("[!-~]{16,}"))
        .toList();
  }

  private static Stream<String> lines(String text) {
    List<String> lines = text.strip().lines().toList();
    return lines.getFirst().startsWith("-----BEGIN") ? lines.stream().skip(2) : lines.stream();
  }

  private static String text(byte[] content) {
    return new String(content, StandardCharsets.ISO_8859_1);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Credentials that
        && bySlot.keySet().equals(that.bySlot.keySet())
        && bySlot.keySet().stream()
            .allMatch(slot -> Arrays.equals(bySlot.get(slot), that.bySlot.get(slot)));
  }

  @Override
  public int hashCode() {
    return bySlot.keySet().hashCode();
  }

  /** The slots only. */
  @Override
  public String toString() {
    return "Credentials" + bySlot.keySet();
  }
}
