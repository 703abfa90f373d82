package dev.bottle.system.emulated;

import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of a Pod with the content that kubelet would get for them, in the form in which the
 * node's script takes them: {@code pods/<uid>/<kind>/<volume>/<file>}.
 */
final class VolumeFiles {
  private final KubernetesClient client;
  private final Pod pod;
  private final Set<String> written = new HashSet<>();

  VolumeFiles(KubernetesClient client, Pod pod) {
    this.client = client;
    this.pod = pod;
  }

  /** Writes those of these names that were not written before. */
  void writeTo(Path share, Set<String> names) throws IOException {
    Path home = share.resolve("pods").resolve(pod.getMetadata().getUid());
    for (Volume volume : pod.getSpec().getVolumes()) {
      if (volume.getHostPath() != null
          || !names.contains(volume.getName())
          || !written.add(volume.getName())) {
        continue;
      }
      Path kind = home.resolve(kind(volume));
      Path directory = Files.createDirectories(kind.resolve(volume.getName()));
      if (volume.getEmptyDir() != null) {
        if ("Memory".equals(volume.getEmptyDir().getMedium())) {
          Files.createFile(directory.resolve("memory"));
        }
        continue;
      }
      Files.writeString(
          kind.resolve(volume.getName() + ".mode"), Integer.toOctalString(mode(volume)));
      for (var file : content(volume).entrySet()) {
        Files.write(directory.resolve(file.getKey()), file.getValue());
      }
    }
  }

  /** Where the volume is in the node. */
  static String path(Pod pod, String volume) {
    Volume found =
        pod.getSpec().getVolumes().stream()
            .filter(one -> one.getName().equals(volume))
            .findFirst()
            .orElseThrow();
    return "/var/lib/kubelet/pods/%s/volumes/%s/%s"
        .formatted(pod.getMetadata().getUid(), kind(found), volume);
  }

  private static String kind(Volume volume) {
    if (volume.getEmptyDir() != null) {
      return "kubernetes.io~empty-dir";
    }
    if (volume.getConfigMap() != null) {
      return "kubernetes.io~configmap";
    }
    if (volume.getSecret() != null) {
      return "kubernetes.io~secret";
    }
    if (volume.getProjected() != null) {
      return "kubernetes.io~projected";
    }
    throw new IllegalArgumentException("no bundle has a volume like " + volume);
  }

  private static int mode(Volume volume) {
    if (volume.getConfigMap() != null) {
      return volume.getConfigMap().getDefaultMode();
    }
    return volume.getSecret() == null
        ? volume.getProjected().getDefaultMode()
        : volume.getSecret().getDefaultMode();
  }

  private Map<String, byte[]> content(Volume volume) {
    if (volume.getConfigMap() != null) {
      return configMap(volume.getConfigMap().getName(), volume.getConfigMap().getItems());
    }
    if (volume.getSecret() != null) {
      return secret(volume.getSecret().getSecretName(), volume.getSecret().getItems());
    }
    Map<String, byte[]> files = new TreeMap<>();
    for (VolumeProjection source : volume.getProjected().getSources()) {
      if (source.getConfigMap() != null) {
        files.putAll(configMap(source.getConfigMap().getName(), source.getConfigMap().getItems()));
      } else if (source.getSecret() != null) {
        files.putAll(secret(source.getSecret().getName(), source.getSecret().getItems()));
      } else if (source.getServiceAccountToken() != null) {
        files.put(source.getServiceAccountToken().getPath(), token());
      } else {
        files.put("namespace", pod.getMetadata().getNamespace().getBytes(StandardCharsets.UTF_8));
      }
    }
    return files;
  }

  /** Bound to the Pod, and by that to its node. */
  private byte[] token() {
    return client
        .serviceAccounts()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getSpec().getServiceAccountName())
        .tokenRequest(
            new TokenRequestBuilder()
                .withNewSpec()
                .withNewBoundObjectRef()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endBoundObjectRef()
                .endSpec()
                .build())
        .getStatus()
        .getToken()
        .getBytes(StandardCharsets.UTF_8);
  }

  private Map<String, byte[]> configMap(String name, List<KeyToPath> items) {
    var found =
        client.configMaps().inNamespace(pod.getMetadata().getNamespace()).withName(name).get();
    Map<String, byte[]> all = new TreeMap<>();
    if (found != null && found.getData() != null) {
      found.getData().forEach((key, text) -> all.put(key, text.getBytes(StandardCharsets.UTF_8)));
    }
    return chosen(all, items);
  }

  private Map<String, byte[]> secret(String name, List<KeyToPath> items) {
    var found = client.secrets().inNamespace(pod.getMetadata().getNamespace()).withName(name).get();
    Map<String, byte[]> all = new TreeMap<>();
    if (found != null && found.getData() != null) {
      found.getData().forEach((key, text) -> all.put(key, Base64.getDecoder().decode(text)));
    }
    return chosen(all, items);
  }

  private static Map<String, byte[]> chosen(
      Map<String, byte[]> all, @Nullable List<KeyToPath> items) {
    if (items == null || items.isEmpty()) {
      return all;
    }
    Map<String, byte[]> chosen = new TreeMap<>();
    for (KeyToPath item : items) {
      if (all.containsKey(item.getKey())) {
        chosen.put(item.getPath(), Objects.requireNonNull(all.get(item.getKey())));
      }
    }
    return chosen;
  }
}
