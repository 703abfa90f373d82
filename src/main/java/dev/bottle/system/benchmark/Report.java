package dev.bottle.system.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table and the JSON of one run.
 *
 * @param machine facts of where it ran, by their names
 * @param subjects the columns
 */
record Report(Map<String, String> machine, List<String> subjects, List<Figure> figures) {
  /** The JSON document: facts, and each figure with its values and ratios. */
  byte[] json() throws IOException {
    List<Map<String, @Nullable Object>> lines = new ArrayList<>();
    for (Figure figure : figures) {
      Map<String, Double> ratios = new LinkedHashMap<>();
      for (String peer : peers()) {
        Double ratio = figure.ratio(peer);
        if (ratio != null) {
          ratios.put(peer, ratio);
        }
      }
      Map<String, @Nullable Object> line = new LinkedHashMap<>();
      line.put("what", figure.what());
      line.put("unit", figure.unit());
      line.put("target", figure.target());
      line.put("reached", figure.reached());
      line.put("values", figure.values());
      line.put("egressDividedBy", ratios);
      lines.add(line);
    }
    return new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValueAsBytes(Map.of("machine", machine, "figures", lines));
  }

  private List<String> peers() {
    return subjects.stream().filter(name -> !name.startsWith(Suite.EGRESS)).toList();
  }

  /** As Markdown. */
  String table() {
    StringBuilder text = new StringBuilder("| |");
    subjects.forEach(name -> text.append(' ').append(name).append(" |"));
    text.append(" target |");
    peers().forEach(name -> text.append(" egress ÷ ").append(name).append(" |"));
    text.append("\n|---|").append("--:|".repeat(subjects.size() + 1 + peers().size())).append('\n');
    for (Figure figure : figures) {
      text.append("| ").append(figure.what()).append(", ").append(figure.unit()).append(" |");
      for (String name : subjects) {
        text.append(' ').append(number(figure.values().get(name))).append(" |");
      }
      text.append(' ').append(target(figure)).append(" |");
      for (String name : peers()) {
        text.append(' ').append(number(figure.ratio(name))).append(" |");
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String target(Figure figure) {
    if (figure.target() == null) {
      return "";
    }
    String word = Boolean.TRUE.equals(figure.reached()) ? "" : ", **missed**";
    return (figure.least() ? "≥ " : "≤ ") + number(figure.target()) + word;
  }

  private static String number(@Nullable Double value) {
    if (value == null) {
      return "";
    }
    String pattern = Math.abs(value) >= 100 ? "%.0f" : Math.abs(value) >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, pattern, value);
  }

  /** Replaces what the page has between its two marks. */
  void into(Path page) throws IOException {
    String begin = "<!-- generated: begin -->\n";
    String end = "<!-- generated: end -->";
    String text = Files.readString(page);
    int from = text.indexOf(begin);
    int to = text.indexOf(end);
    if (from < 0 || to < from) {
      throw new IOException(page + " lacks the marks '" + begin.strip() + "' and '" + end + "'");
    }
    StringBuilder fresh = new StringBuilder(text.substring(0, from + begin.length()));
    machine.forEach(
        (name, fact) -> fresh.append("* ").append(name).append(": ").append(fact).append('\n'));
    fresh.append('\n').append(table()).append(text.substring(to));
    Files.writeString(page, fresh.toString());
  }
}
