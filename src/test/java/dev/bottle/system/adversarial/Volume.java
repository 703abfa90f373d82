package dev.bottle.system.adversarial;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/** A volume that kubelet writes: all files at once, by a swap of {@code ..data}. */
record Volume(Path directory) {
  /** The whole new content. Files that were there and are not named dangle. */
  void deliver(Map<String, String> files) throws IOException {
    Files.createDirectories(directory);
    Path fresh = Files.createTempDirectory(directory, "..v");
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(fresh.resolve(file.getKey()), file.getValue());
    }
    Path link = Files.createSymbolicLink(directory.resolve("..data_tmp"), fresh.getFileName());
    Files.move(link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    for (String name : files.keySet()) {
      if (!Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(directory.resolve(name), Path.of("..data", name));
      }
    }
  }
}
