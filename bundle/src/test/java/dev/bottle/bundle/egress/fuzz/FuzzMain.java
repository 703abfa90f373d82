package dev.bottle.bundle.egress.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Looks for more with Jazzer, which the profile {@code fuzz} puts on the class path: {@code
 * FuzzMain CORPORA WORK SECONDS}, the folder of the corpora, one that may be removed, and for how
 * long each target is tried. An input that breaks something is left in WORK and ends it with exit
 * code 77.
 */
final class FuzzMain {
  private FuzzMain() {}

  /** See the class. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path corpora = Path.of(arguments[0]);
    Path work = Path.of(arguments[1]);
    if (Files.exists(work)) {
      try (Stream<Path> old = Files.walk(work)) {
        for (Path each : old.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
    for (FuzzTarget target : FuzzTarget.values()) {
      Path known = Files.createDirectories(work.resolve(target.corpus()));
      int number = 0;
      for (byte[] input : Corpus.read(target.corpus())) {
        Files.write(known.resolve("" + number++), input);
      }
      Path broken = Files.createDirectories(work.resolve(target.corpus() + "-broken"));
      int status =
          jazzer(
              target,
              "--reproducer_path=" + broken,
              "-artifact_prefix=" + broken + "/",
              "-max_total_time=" + arguments[2],
              "-max_len=" + target.most(),
              known.toString());
      if (status != 0) {
        System.exit(status);
      }
      Path least = Files.createDirectories(work.resolve(target.corpus() + "-least"));
      jazzer(target, "-merge=1", "-max_len=" + target.most(), least.toString(), known.toString());
      Files.writeString(corpora.resolve(target.corpus() + ".hex"), Corpus.of(least));
    }
  }

  private static int jazzer(FuzzTarget target, String... options)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx1g",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.type().getName(),
                "--instrumentation_includes=dev.bottle.**:io.netty.handler.codec.**",
                "--custom_hook_includes=dev.bottle.**"));
    command.addAll(Arrays.asList(options));
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
