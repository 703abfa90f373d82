package dev.bottle.system.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** What is uploaded. */
final class Body {
  /** Of each before it is compressed, in bytes. */
  static final int SIZE = 1024 * 1024;

  private final String name;
  private final String contentType;
  private final String coding;
  private final byte[] bytes;

  private Body(String name, String contentType, String coding, byte[] bytes) {
    this.name = name;
    this.contentType = contentType;
    this.coding = coding;
    this.bytes = bytes;
  }

  /** For people. */
  String name() {
    return name;
  }

  String contentType() {
    return contentType;
  }

  /** The content coding, empty for none. */
  String coding() {
    return coding;
  }

  /** Not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** JSON as a coding agent posts it: Java sources in strings. */
  static Body conversation(Path sources) throws IOException {
    List<Map<String, String>> messages = new ArrayList<>();
    for (String text : texts(sources)) {
      messages.add(Map.of("role", "user", "content", text));
    }
    byte[] json = new ObjectMapper().writeValueAsBytes(Map.of("messages", messages));
    return new Body("JSON conversation", "application/json", "", sized(json));
  }

  /** The sources as they are. */
  static Body source(Path sources) throws IOException {
    byte[] text = String.join("\n", texts(sources)).getBytes(StandardCharsets.UTF_8);
    return new Body("Java source", "text/plain", "", sized(text));
  }

  /** Random bytes in Base64. */
  static Body base64() {
    byte[] random = new byte[SIZE / 4 * 3];
    new Random(7).nextBytes(random);
    return new Body("Base64", "text/plain", "", Base64.getEncoder().encode(random));
  }

  /** The sources as a field of a form. */
  static Body form(Path sources) throws IOException {
    String text = URLEncoder.encode(String.join("\n", texts(sources)), StandardCharsets.UTF_8);
    return new Body(
        "form (percent-encoded)",
        "application/x-www-form-urlencoded",
        "",
        sized(text.getBytes(StandardCharsets.US_ASCII)));
  }

  /** This one, compressed. */
  Body gzip() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Body(name + ", gzip", contentType, "gzip", out.toByteArray());
  }

  private static List<String> texts(Path sources) throws IOException {
    List<String> texts = new ArrayList<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).sorted().toList()) {
        texts.add(Files.readString(file));
      }
    }
    return texts;
  }

  /** Again and again up to the size of all bodies. */
  private static byte[] sized(byte[] text) {
    byte[] sized = new byte[SIZE];
    for (int at = 0; at < SIZE; at += text.length) {
      System.arraycopy(text, 0, sized, at, Math.min(text.length, SIZE - at));
    }
    return sized;
  }
}
