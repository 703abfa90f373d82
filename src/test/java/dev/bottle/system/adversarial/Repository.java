package dev.bottle.system.adversarial;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where things are, whichever directory Maven runs the tests in. */
final class Repository {
  private Repository() {}

  /** The top of the working tree. */
  static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("docs/contracts.md"))) {
      directory = directory.resolve("..").normalize();
    }
    return directory;
  }

  /**
   * What the bundle image has on its class path: the jar that Maven has just packaged and the
   * libraries beside it; without packaging ({@code mvn test}) the classes of this run.
   */
  static String daemons() {
    Path bundle = root().resolve("bundle/target");
    String jar = bundle.resolve("bottle-bundle.jar").toString();
    String here = System.getProperty("java.class.path");
    return here.contains(jar) ? jar + File.pathSeparator + bundle.resolve("lib") + "/*" : here;
  }

  /** The Java that runs this. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
