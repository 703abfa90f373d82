import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs google-java-format over source folders: {@code Format check|replace <folder of its jars> <folder>…}.
 * Maven may run on an older JDK than the sources are written for, and the formatter parses with the javac
 * of the JVM it runs on; so this runs on the toolchain's JDK. Exit 1 when a file is not formatted (check).
 */
public final class Format {
  private static final List<String> EXPORTS =
      List.of("api", "code", "file", "parser", "tree", "util", "main", "comp");

  public static void main(String[] arguments) throws IOException, InterruptedException {
    boolean check = arguments[0].equals("check");
    List<String> files = new ArrayList<>();
    for (String folder : List.of(arguments).subList(2, arguments.length)) {
      if (Files.isDirectory(Path.of(folder))) {
        try (var paths = Files.walk(Path.of(folder))) {
          paths.filter(path -> path.toString().endsWith(".java")).sorted().forEach(path -> files.add(path.toString()));
        }
      }
    }
    if (files.isEmpty()) {
      return;
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    EXPORTS.forEach(name -> command.add("--add-exports=jdk.compiler/com.sun.tools.javac." + name + "=ALL-UNNAMED"));
    command.addAll(List.of("-cp", arguments[1] + "/*", "com.google.googlejavaformat.java.Main"));
    command.addAll(check ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    command.addAll(files);
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0 && check) {
      System.err.println("not formatted: the files above. Run: mvn -Pformat validate");
    }
    System.exit(status);
  }
}
