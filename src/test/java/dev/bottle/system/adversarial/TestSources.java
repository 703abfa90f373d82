package dev.bottle.system.adversarial;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What tests there are besides: those of the other modules are not on this one's class path. */
final class TestSources {
  private static final Pattern METHOD = Pattern.compile("\\bvoid (\\w+)\\(");

  private TestSources() {}

  /** Each as {@code Class#method}. */
  static Set<String> methods() {
    Set<String> methods = new HashSet<>();
    for (String root :
        List.of(
            "agent/src/test/java",
            "bundle/src/test/java",
            "operator/src/test/java",
            "src/test/java")) {
      try (Stream<Path> files = Files.walk(Repository.root().resolve(root))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          String name = String.valueOf(file.getFileName()).replace(".java", "");
          METHOD
              .matcher(Files.readString(file))
              .results()
              .forEach(match -> methods.add(name + "#" + match.group(1)));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return methods;
  }
}
