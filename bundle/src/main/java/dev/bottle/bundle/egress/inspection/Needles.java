package dev.bottle.bundle.egress.inspection;

import io.netty.buffer.search.AbstractMultiSearchProcessorFactory;
import io.netty.buffer.search.MultiSearchProcessor;
import io.netty.buffer.search.MultiSearchProcessorFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The needles of all rules, searched for at once (Aho and Corasick, 1975; netty-buffer's). It costs
 * 1 KiB for each character of a needle, so the needles are short. Immutable, shared by all streams.
 */
final class Needles {
  private final MultiSearchProcessorFactory automaton;

  /**
   * By the automaton's number: the needles that end where it does, for it tells only the longest.
   */
  private final List<List<Needle>> found;

  private final int longest;

  private Needles(MultiSearchProcessorFactory automaton, List<List<Needle>> found, int longest) {
    this.automaton = automaton;
    this.found = found;
    this.longest = longest;
  }

  /** Of at least one rule. */
  static Needles of(Collection<? extends Rule> rules) {
    Map<String, List<Needle>> byText = new LinkedHashMap<>();
    for (Rule rule : rules) {
      for (Needle needle : Needle.of(rule)) {
        byText.computeIfAbsent(text(needle), _ -> new ArrayList<>()).add(needle);
      }
    }
    List<List<Needle>> found = new ArrayList<>();
    byText.forEach((text, own) -> {
      List<Needle> all = new ArrayList<>(own);
      for (int i = 1; i < text.length(); i++) {
        all.addAll(byText.getOrDefault(text.substring(i), List.of()));
      }
      found.add(List.copyOf(all));
    });
    byte[][] texts =
        byText.keySet().stream()
            .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
            .toArray(byte[][]::new);
    return new Needles(
        AbstractMultiSearchProcessorFactory.newAhoCorasicSearchProcessorFactory(texts),
        List.copyOf(found),
        byText.keySet().stream().mapToInt(String::length).max().orElse(0));
  }

  private static String text(Needle needle) {
    return new String(needle.text(), StandardCharsets.ISO_8859_1);
  }

  /** At the beginning of a stream. */
  MultiSearchProcessor search() {
    return automaton.newSearchProcessor();
  }

  /** What ends where the search stopped. */
  List<Needle> found(int needle) {
    return found.get(needle);
  }

  /** The longest needle, in bytes. */
  int longest() {
    return longest;
  }
}
