package dev.bottle.operator.render;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bottle.crd.json.Sha256;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a Pod looks like, as one hash: it is replaced when this changes. Keys go through a sorted
 * map, since the order in which a version of the client library writes them is no part of a shape.
 */
final class ShapeHash {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_EMPTY, JsonInclude.Include.NON_NULL))
          .build();

  private ShapeHash() {}

  /**
   * @param pipelock whose configuration is a part of the shape, since it is read only once: with
   *     pipelock such a change replaces the Pod
   */
  static String of(PodSpec spec, @Nullable Pipelock pipelock) {
    try {
      String shape = Sha256.hex(JSON.writeValueAsBytes(JSON.convertValue(spec, Map.class)));
      return pipelock == null
          ? shape
          : Sha256.hex((shape + pipelock.hash()).getBytes(StandardCharsets.US_ASCII));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a Pod's spec can always be written", e);
    }
  }
}
