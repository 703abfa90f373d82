package dev.bottle.bundle.egress.response;

import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.StrictJson;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.search.AbstractMultiSearchProcessorFactory;
import io.netty.buffer.search.MultiSearchProcessor;
import io.netty.buffer.search.MultiSearchProcessorFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Looks for the phrases of injection.json in one text, without case and with white space, also as
 * JSON escapes it, as one space. Holds nothing of the text. It is a hint for people: whoever writes
 * an injection may word it otherwise, so nothing is decided by it.
 */
final class InjectionSearch {
  private static final int MAX_BYTES = 64 * 1024;
  private static final List<Phrase> PHRASES = read();
  private static final MultiSearchProcessorFactory AUTOMATON =
      AbstractMultiSearchProcessorFactory.newAhoCorasicSearchProcessorFactory(
          PHRASES.stream()
              .map(phrase -> phrase.text().getBytes(StandardCharsets.US_ASCII))
              .toArray(byte[][]::new));

  private final MultiSearchProcessor search = AUTOMATON.newSearchProcessor();
  private boolean escape;
  private boolean space;

  /**
   * @param rule what is told of it
   * @param text lower case
   */
  private record Phrase(String rule, String text, String source) {}

  /** The next part; stays unread. */
  void next(ByteBuf part, Consumer<String> found) {
    for (int i = part.readerIndex(); i < part.writerIndex(); i++) {
      take((char) part.getUnsignedByte(i), found);
    }
  }

  private void take(char next, Consumer<String> found) {
    if (escape) {
      escape = false;
      if (next == 'n' || next == 'r' || next == 't') {
        blank(found);
        return;
      }
      feed('\\', found);
    }
    if (next == '\\') {
      escape = true;
    } else if (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
      blank(found);
    } else {
      feed(next, found);
    }
  }

  private void blank(Consumer<String> found) {
    if (!space) {
      feed(' ', found);
      space = true;
    }
  }

  private void feed(char next, Consumer<String> found) {
    space = false;
    byte folded = (byte) (next >= 'A' && next <= 'Z' ? next + ('a' - 'A') : next);
    if (isAtPhrase(folded)) {
      found.accept(PHRASES.get(search.getFoundNeedleId()).rule());
    }
  }

  private boolean isAtPhrase(byte next) {
    try {
      return !search.process(next);
    } catch (Exception e) {
      throw new IllegalStateException(e); // only its interface may throw
    }
  }

  private static List<Phrase> read() {
    try (InputStream in =
        Objects.requireNonNull(
            InjectionSearch.class.getResourceAsStream("injection.json"), "injection.json")) {
      return Arrays.asList(StrictJson.read(in.readAllBytes(), MAX_BYTES, Phrase[].class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (MalformedDocumentException e) {
      throw new IllegalStateException("injection.json is malformed: " + e.getMessage());
    }
  }
}
