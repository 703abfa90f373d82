package dev.bottle.crd.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * JSON without surprises. Writing is deterministic: UTF-8, no white space, keys sorted, absent
 * values as {@code null}. Reading refuses unknown and repeated fields, missing numbers and
 * booleans, coercions, trailing content, invalid UTF-8 and deep nesting: the other side may be
 * hostile, and a field that this version does not know may be one that it must obey.
 */
public final class StrictJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(16)
                          .maxNumberLength(20)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  private StrictJson() {}

  /** The value's bytes: equal values have equal bytes. */
  public static byte[] write(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a record cannot be written as JSON", e);
    }
  }

  /**
   * Reads one document.
   *
   * @param maxBytes a longer document is refused unread
   * @throws MalformedDocumentException when it is not exactly what the type says
   */
  public static <T> T read(byte[] document, int maxBytes, Class<T> type)
      throws MalformedDocumentException {
    if (document.length > maxBytes) {
      throw new MalformedDocumentException("longer than " + maxBytes + " bytes");
    }
    try {
      // Jackson's own decoder lets some ill-formed UTF-8 pass.
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(document)).toString();
      T value = MAPPER.readValue(text, type);
      if (value == null) {
        throw new MalformedDocumentException("null instead of an object");
      }
      return value;
    } catch (CharacterCodingException e) {
      throw new MalformedDocumentException("not UTF-8");
    } catch (JsonMappingException e) {
      throw new MalformedDocumentException(place(e) + ": " + fault(e));
    } catch (JsonParseException e) {
      throw new MalformedDocumentException(
          "not JSON at line "
              + e.getLocation().getLineNr()
              + ", column "
              + e.getLocation().getColumnNr());
    } catch (IOException e) {
      throw new MalformedDocumentException("not JSON");
    }
  }

  /** The names of the fields that lead to the fault, as far as they look like names. */
  private static String place(JsonMappingException e) {
    String path =
        e.getPath().stream()
            .map(step ->
                step.getFieldName() == null ? "[" + step.getIndex() + "]" : step.getFieldName())
            .filter(step -> step.matches("[A-Za-z0-9]{1,64}|\\[[0-9]+\\]"))
            .collect(Collectors.joining("."));
    return path.isEmpty() ? "document" : path;
  }

  private static String fault(JsonMappingException e) {
    if (e instanceof ValueInstantiationException && e.getCause() != null) {
      return String.valueOf(e.getCause().getMessage());
    }
    return switch (e) {
      case UnrecognizedPropertyException _ -> "unknown field";
      case InvalidTypeIdException _ -> "missing or unknown type";
      default -> "missing, of the wrong type, or an unknown value";
    };
  }
}
