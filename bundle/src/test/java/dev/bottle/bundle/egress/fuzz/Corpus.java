package dev.bottle.bundle.egress.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Inputs that each reach something that no other one does: {@code /fuzz/<target>.hex}, a line each.
 * Hexadecimal, because some look like credentials to who scans repositories.
 */
final class Corpus {
  private static final HexFormat HEX = HexFormat.of();

  private Corpus() {}

  /** Of this target. */
  static List<byte[]> read(String target) throws IOException {
    String name = "/fuzz/" + target + ".hex";
    try (InputStream in = Objects.requireNonNull(Corpus.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .map(HEX::parseHex)
          .toList();
    }
  }

  /** The files of a folder, as one of ours: the shortest first. */
  static String of(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      StringBuilder lines = new StringBuilder();
      for (Path file : files.toList()) {
        lines.append(HEX.formatHex(Files.readAllBytes(file))).append('\n');
      }
      return lines
          .toString()
          .lines()
          .sorted((a, b) ->
              a.length() == b.length() ? a.compareTo(b) : Integer.compare(a.length(), b.length()))
          .map(line -> line + "\n")
          .reduce("", String::concat);
    }
  }
}
