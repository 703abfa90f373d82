package dev.bottle.agent.image;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bottle.crd.admin.RegistryAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The registries that a cluster admin names: {@code registries} in {@code config.yaml} of the
 * ConfigMap {@code bottle-admin}, which kubelet keeps current in a file. The other keys are the
 * operator's to read, and to complain about.
 */
public final class NamedRegistries {
  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final Path file;

  /** Reads that file each time; it may be absent. */
  public NamedRegistries(Path file) {
    this.file = file;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Document(@Nullable List<@Nullable String> registries) {}

  /**
   * What is named now.
   *
   * @param problem why nothing is, when the file cannot be used
   */
  record Named(List<String> registries, Optional<String> problem) {}

  /** One error makes all of it worth nothing: nobody knows what was meant. */
  Named read() {
    try {
      String text = Files.readString(file);
      JsonNode tree = YAML.readTree(text);
      Document document = // comments alone are no document
          tree.isMissingNode() ? null : YAML.treeToValue(tree, Document.class);
      List<String> named = new ArrayList<>();
      if (document != null && document.registries() != null) {
        for (String entry : document.registries()) {
          named.add(RegistryAddress.parse(String.valueOf(entry)).toString());
        }
      }
      return new Named(List.copyOf(named), Optional.empty());
    } catch (NoSuchFileException none) {
      return new Named(List.of(), Optional.empty());
    } catch (JsonProcessingException e) {
      return broken(e.getOriginalMessage());
    } catch (IllegalArgumentException e) {
      return broken(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return broken("it cannot be read");
    }
  }

  private static Named broken(String why) {
    return new Named(List.of(), Optional.of("registries of bottle-admin: " + why));
  }
}
