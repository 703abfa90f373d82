package dev.bottle.operator.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.bottle.crd.admin.RegistryAddress;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads {@code config.yaml} of the admin's ConfigMap; unknown keys are errors, not ignored. */
public final class AdminConfigReader {
  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private static final Pattern IMAGE =
      Pattern.compile(
          "[a-z0-9][a-zA-Z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})");

  private record Document(
      @Nullable List<@Nullable Entry> privateDestinations,
      @Nullable String upstreamRoots,
      @Nullable List<@Nullable String> clusterRanges,
      @Nullable List<@Nullable String> registries,
      @Nullable Boolean allowUninspected,
      @Nullable String pipelockImage) {}

  private record Entry(@Nullable String cidr, @Nullable List<@Nullable Integer> ports) {}

  private AdminConfigReader() {}

  /** A missing ConfigMap, key or an empty document opens nothing. */
  public static AdminConfig.Result read(@Nullable ConfigMap configMap) {
    String text =
        configMap == null || configMap.getData() == null
            ? null
            : configMap.getData().get(Names.ADMIN_CONFIG_KEY);
    if (text == null || text.isBlank()) {
      return new AdminConfig.Valid(AdminConfig.NONE);
    }
    try {
      if (isEmpty(text)) {
        return new AdminConfig.Valid(AdminConfig.NONE);
      }
      Document document = YAML.readValue(text, Document.class);
      if (document != null) {
        checkRegistries(document.registries());
      }
      return new AdminConfig.Valid(
          document == null
              ? AdminConfig.NONE
              : new AdminConfig(
                  destinations(document.privateDestinations()),
                  roots(document.upstreamRoots()),
                  ranges(document.clusterRanges()),
                  Boolean.TRUE.equals(document.allowUninspected()),
                  image(document.pipelockImage())));
    } catch (UnrecognizedPropertyException e) {
      return new AdminConfig.Invalid(
          "config.yaml: unknown key '" + e.getPropertyName() + "'; known are " + known(e));
    } catch (MismatchedInputException e) {
      return new AdminConfig.Invalid("config.yaml: " + path(e) + " has the wrong type" + line(e));
    } catch (JsonProcessingException e) {
      return new AdminConfig.Invalid(
          "config.yaml: not YAML: "
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + line(e));
    } catch (IllegalArgumentException e) {
      return new AdminConfig.Invalid("config.yaml: " + e.getMessage());
    }
  }

  /** Comments alone are no document, which the mapper takes for an error. */
  private static boolean isEmpty(String text) throws JsonProcessingException {
    return YAML.readTree(text).isMissingNode();
  }

  private static String known(UnrecognizedPropertyException e) {
    return Objects.requireNonNullElse(e.getKnownPropertyIds(), List.<Object>of()).stream()
        .map(Object::toString)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static String path(MismatchedInputException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      String name = step.getFieldName();
      path.append(name == null ? "[" + step.getIndex() + "]" : (path.isEmpty() ? "" : ".") + name);
    }
    return path.isEmpty() ? "the document" : path.toString();
  }

  private static String line(JsonProcessingException e) {
    return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
  }

  private static List<AdminConfig.Destination> destinations(
      @Nullable List<@Nullable Entry> entries) {
    List<AdminConfig.Destination> destinations = new ArrayList<>();
    for (@Nullable Entry entry : entries == null ? List.<@Nullable Entry>of() : entries) {
      String where = "privateDestinations[" + destinations.size() + "]";
      if (entry == null || entry.cidr() == null) {
        throw new IllegalArgumentException(where + " has no cidr, as in 10.0.0.0/8");
      }
      List<Integer> ports = ports(where + ".ports", entry.ports());
      Cidr range = range(where + ".cidr", entry.cidr());
      boolean resolver = AddressRanges.mayServeDns(range) && ports.equals(List.of(53));
      if (AddressRanges.isNeverReachable(range) && !resolver) {
        throw new IllegalArgumentException(
            where
                + ".cidr: "
                + range
                + " is loopback, link-local, metadata or multicast, which stays refused; remove"
                + " it");
      }
      destinations.add(new AdminConfig.Destination(range, ports));
    }
    return List.copyOf(destinations);
  }

  private static List<Integer> ports(String where, @Nullable List<@Nullable Integer> numbers) {
    List<Integer> ports = new ArrayList<>();
    for (@Nullable Integer number : numbers == null ? List.<@Nullable Integer>of() : numbers) {
      if (number == null || number < 1 || number > 65_535) {
        throw new IllegalArgumentException(where + " must name ports from 1 to 65535");
      }
      ports.add(number);
    }
    if (ports.isEmpty()) {
      throw new IllegalArgumentException(where + " must name ports from 1 to 65535");
    }
    return ports.stream().distinct().sorted().toList();
  }

  private static List<Cidr> ranges(@Nullable List<@Nullable String> texts) {
    List<Cidr> ranges = new ArrayList<>();
    for (@Nullable String text : texts == null ? List.<@Nullable String>of() : texts) {
      String where = "clusterRanges[" + ranges.size() + "]";
      if (text == null) {
        throw new IllegalArgumentException(where + " is empty; remove it");
      }
      ranges.add(range(where, text));
    }
    return List.copyOf(ranges);
  }

  /** Only node agents use them, from the same document; here an admin is told of an error. */
  private static void checkRegistries(@Nullable List<@Nullable String> registries) {
    int index = 0;
    for (@Nullable String registry :
        registries == null ? List.<@Nullable String>of() : registries) {
      String where = "registries[" + index + "]";
      if (registry == null) {
        throw new IllegalArgumentException(where + " is empty; remove it");
      }
      try {
        var _ = RegistryAddress.parse(registry);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
      }
      index++;
    }
  }

  /** Kubelet judges the rest; but what has no version is another program tomorrow. */
  private static @Nullable String image(@Nullable String reference) {
    if (reference != null && !IMAGE.matcher(reference).matches()) {
      throw new IllegalArgumentException(
          "pipelockImage must be an image reference with its tag or digest, such as"
              + " ghcr.io/luckypipewrench/pipelock:2.3.0@sha256:<64 hex>");
    }
    return reference;
  }

  private static Cidr range(String where, String text) {
    try {
      return Cidr.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
    }
  }

  private static String roots(@Nullable String pem) {
    if (pem == null || pem.isBlank()) {
      return "";
    }
    try {
      var certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
      if (certificates.isEmpty()) {
        throw new IllegalArgumentException("upstreamRoots holds no PEM certificate");
      }
      return pem;
    } catch (CertificateException e) {
      throw new IllegalArgumentException(
          "upstreamRoots must be PEM certificates: " + e.getMessage(), e);
    }
  }
}
