package dev.bottle.operator.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import org.jspecify.annotations.Nullable;

/** Reads {@code config.yaml} of the admin's ConfigMap; unknown keys are errors, not ignored. */
public final class AdminConfigReader {
  private static final ObjectMapper YAML =
      YAMLMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private record Document(
      @Nullable List<Entry> privateDestinations,
      @Nullable String upstreamRoots,
      @Nullable List<String> clusterRanges,
      @Nullable List<String> registries) {}

  private record Entry(@Nullable String cidr, @Nullable List<Integer> ports) {}

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
                  ranges(document.clusterRanges())));
    } catch (JsonProcessingException e) {
      return new AdminConfig.Invalid("config.yaml: " + e.getOriginalMessage());
    } catch (IllegalArgumentException e) {
      return new AdminConfig.Invalid("config.yaml: " + e.getMessage());
    }
  }

  private static List<AdminConfig.Destination> destinations(@Nullable List<Entry> entries) {
    List<AdminConfig.Destination> destinations = new ArrayList<>();
    for (Entry entry : entries == null ? List.<Entry>of() : entries) {
      String where = "privateDestinations[" + destinations.size() + "]";
      if (entry == null || entry.cidr() == null) {
        throw new IllegalArgumentException(where + " has no cidr, as in 10.0.0.0/8");
      }
      List<Integer> ports = entry.ports() == null ? List.of() : entry.ports();
      if (ports.isEmpty() || ports.stream().anyMatch(port -> port < 1 || port > 65_535)) {
        throw new IllegalArgumentException(where + ".ports must name ports from 1 to 65535");
      }
      destinations.add(
          new AdminConfig.Destination(
              range(where + ".cidr", entry.cidr()), ports.stream().distinct().sorted().toList()));
    }
    return List.copyOf(destinations);
  }

  private static List<Cidr> ranges(@Nullable List<String> texts) {
    List<Cidr> ranges = new ArrayList<>();
    for (String text : texts == null ? List.<String>of() : texts) {
      ranges.add(range("clusterRanges[" + ranges.size() + "]", text));
    }
    return List.copyOf(ranges);
  }

  /** Only node agents use them, from the same document; here an admin is told of an error. */
  private static void checkRegistries(@Nullable List<String> registries) {
    int index = 0;
    for (String registry : registries == null ? List.<String>of() : registries) {
      try {
        var _ = RegistryAddress.parse(String.valueOf(registry));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("registries[" + index + "]: " + e.getMessage(), e);
      }
      index++;
    }
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
