package dev.bottle.bundle.egress.inspection;

import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** rules.json beside this class: the formats, each with the source that it was taken from. */
final class RuleFile {
  private static final int MAX_BYTES = 256 * 1024;

  private RuleFile() {}

  /** A Java expression that is matched from its keyword on. */
  private record Entry(
      String name,
      String keyword,
      String regex,
      int maxLength,
      double entropy,
      Check check,
      String source) {
    Rule rule() {
      if (maxLength > Needle.MAX_LENGTH || source.isBlank()) {
        throw new IllegalArgumentException("rule " + name + " is too long or has no source");
      }
      return new Rule.Format(name, keyword, Pattern.compile(regex), maxLength, entropy, check);
    }
  }

  /** In the file's order. */
  static List<Rule> read() {
    try (InputStream in =
        Objects.requireNonNull(RuleFile.class.getResourceAsStream("rules.json"), "rules.json")) {
      Entry[] entries = StrictJson.read(in.readAllBytes(), MAX_BYTES, Entry[].class);
      return Arrays.stream(entries).map(Entry::rule).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (MalformedDocumentException e) {
      throw new IllegalStateException("rules.json is malformed: " + e.getMessage());
    }
  }
}
