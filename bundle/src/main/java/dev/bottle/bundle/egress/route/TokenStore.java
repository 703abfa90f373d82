package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.TokenSlot;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token files of a directory, one for each slot and named like it, as kubelet delivers them.
 * What cannot be read or used is an empty slot: its route answers 503 and the others live on. Not
 * thread-safe but for {@link #get}: one thread calls {@link #load}.
 */
public final class TokenStore {
  private static final Logger LOG = LoggerFactory.getLogger(TokenStore.class);

  private final Path directory;
  private final Consumer<Tokens> changed;
  private volatile Tokens tokens = Tokens.NONE;
  private Set<String> lastFaults = Set.of();

  /**
   * Nothing is read yet.
   *
   * @param directory need not be there
   * @param changed is told each change
   */
  public TokenStore(Path directory, Consumer<Tokens> changed) {
    this.directory = directory;
    this.changed = changed;
  }

  /** The values now, from any thread. */
  public Tokens get() {
    return tokens;
  }

  /** Reads the directory; calls nobody when every value is what it was. */
  public void load() {
    Set<String> faults = new TreeSet<>();
    Tokens next = read(faults);
    if (!faults.equals(lastFaults)) {
      lastFaults = faults;
      faults.forEach(LOG::warn);
    }
    if (!next.isSame(tokens)) {
      tokens = next;
      LOG.info("{} token slots have a value", next.all().size());
      changed.accept(next);
    }
  }

  private Tokens read(Set<String> faults) {
    Map<String, Token> found = new HashMap<>();
    if (Files.isDirectory(directory)) {
      try (var entries = Files.newDirectoryStream(directory)) {
        for (Path entry : entries) {
          String name = String.valueOf(entry.getFileName());
          if (TokenSlot.isName(name)) {
            token(entry, faults).ifPresent(token -> found.put(name, token));
          }
        }
      } catch (IOException | DirectoryIteratorException e) {
        faults.add(directory + " cannot be read (" + e.getClass().getSimpleName() + ")");
      }
    }
    return new Tokens(found);
  }

  private static Optional<Token> token(Path file, Set<String> faults) {
    try (var in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(Token.MAX_BYTES + 1);
      Optional<Token> token = Token.of(content);
      if (token.isEmpty() && content.length > 1) {
        faults.add(file.getFileName() + " holds what no header may hold; its slot is empty");
      }
      return token;
    } catch (IOException e) {
      faults.add(file.getFileName() + " cannot be read (" + e.getClass().getSimpleName() + ")");
      return Optional.empty();
    }
  }
}
