package dev.bottle.bundle.supervise.request;

import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file for each request, {@code <id>.json}, whole at every moment: written beside, flushed,
 * renamed, and the directory flushed (rename(2), fsync(2)).
 */
final class RequestFiles {
  private static final Logger LOG = LoggerFactory.getLogger(RequestFiles.class);
  private static final String SUFFIX = ".json";
  private static final String NEXT = ".next";

  /** Reason, question, options and note, where each character is escaped as two surrogates. */
  private static final int MAX_BYTES = 96 * 1024;

  private final Path directory;

  /** In this directory, which is made when it is missing; what a killed process left goes. */
  RequestFiles(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    try (DirectoryStream<Path> halves = Files.newDirectoryStream(directory, ".r*" + NEXT)) {
      for (Path half : halves) {
        Files.delete(half);
      }
    }
  }

  /** All that can be read, the oldest first; what cannot is left where it is. */
  List<Request> read() throws IOException {
    List<Request> requests = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "r*" + SUFFIX)) {
      for (Path file : files) {
        try {
          Request request = StrictJson.read(Files.readAllBytes(file), MAX_BYTES, Request.class);
          if (file.equals(file(request.id()))) {
            requests.add(request);
          }
        } catch (IOException | MalformedDocumentException e) {
          LOG.warn("{} is no request: {}", file.getFileName(), e.getMessage());
        }
      }
    }
    requests.sort(Comparator.comparingLong(Request::createdSeconds).thenComparing(Request::id));
    return requests;
  }

  /** Replaces the request's file. */
  void write(Request request) throws IOException {
    Path next = directory.resolve("." + request.id() + NEXT);
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(StrictJson.write(request));
      while (bytes.hasRemaining()) {
        var _ = channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(next, file(request.id()), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  void delete(String id) throws IOException {
    Files.deleteIfExists(file(id));
  }

  private Path file(String id) {
    return directory.resolve(id + SUFFIX);
  }
}
