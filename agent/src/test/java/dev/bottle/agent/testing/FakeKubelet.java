package dev.bottle.agent.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A kubelet root directory with the volumes of Pods, made the way kubelet makes them. */
public final class FakeKubelet {
  private final Path root;

  /** Below that directory. */
  public FakeKubelet(Path root) {
    this.root = root;
  }

  /** The directory of Pods. */
  public Path pods() {
    return make(root.resolve("pods"));
  }

  /** An emptyDir. */
  public Path emptyDir(String pod, String name) {
    return make(pods().resolve(pod).resolve("volumes/kubernetes.io~empty-dir").resolve(name));
  }

  /** A projected volume with these files behind {@code ..data}; called again, it is swapped. */
  public Path projected(String pod, String name, Map<String, String> files) {
    return atomic(pod, "kubernetes.io~projected", name, files);
  }

  /** A ConfigMap volume. */
  public Path configMap(String pod, String name, Map<String, String> files) {
    return atomic(pod, "kubernetes.io~configmap", name, files);
  }

  /** A Secret volume. */
  public Path secret(String pod, String name, Map<String, String> files) {
    return atomic(pod, "kubernetes.io~secret", name, files);
  }

  private Path atomic(String pod, String kind, String name, Map<String, String> files) {
    Path volume = make(pods().resolve(pod).resolve("volumes").resolve(kind).resolve(name));
    try {
      Path data = Files.createTempDirectory(volume, "..2026_");
      for (Map.Entry<String, String> file : files.entrySet()) {
        Files.writeString(data.resolve(file.getKey()), file.getValue(), StandardCharsets.UTF_8);
        Path visible = volume.resolve(file.getKey());
        if (!Files.isSymbolicLink(visible)) {
          Files.createSymbolicLink(visible, Path.of("..data", file.getKey()));
        }
      }
      Path staging = volume.resolve("..data_tmp");
      Files.createSymbolicLink(staging, data.getFileName());
      Files.move(
          staging,
          volume.resolve("..data"),
          java.nio.file.StandardCopyOption.ATOMIC_MOVE,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      return volume;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path make(Path directory) {
    try {
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
