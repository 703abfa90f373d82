package dev.bottle.bundle.egress.route;

import dev.bottle.crd.policy.TokenSlot;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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
    Tokens next = read();
    if (!next.isSame(tokens)) {
      tokens = next;
      LOG.info("{} token slots have a value", next.all().size());
      changed.accept(next);
    }
  }

  private Tokens read() {
    Map<String, Token> found = new HashMap<>();
    if (Files.isDirectory(directory)) {
      try (var entries = Files.newDirectoryStream(directory)) {
        for (Path entry : entries) {
          String name = String.valueOf(entry.getFileName());
          if (TokenSlot.isName(name)) {
            token(entry).ifPresent(token -> found.put(name, token));
          }
        }
      } catch (IOException | DirectoryIteratorException e) {
        LOG.warn("{} cannot be read ({})", directory, e.getClass().getSimpleName());
      }
    }
    return new Tokens(found);
  }

  private static Optional<Token> token(Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(Token.MAX_BYTES + 1);
      Optional<Token> token = Token.of(content);
      if (token.isEmpty() && content.length > 1) {
        LOG.warn("{} holds what no header may hold; its slot is empty", file.getFileName());
      }
      return token;
    } catch (IOException e) {
      LOG.warn("{} cannot be read ({})", file.getFileName(), e.getClass().getSimpleName());
      return Optional.empty();
    }
  }
}
