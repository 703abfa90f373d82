package dev.bottle.bundle.gitgate.push;

import dev.bottle.bundle.egress.inspection.ValueSearch;
import dev.bottle.bundle.gitgate.GitGateLimits;
import dev.bottle.bundle.gitgate.program.Program;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads every object that a push brought, whether or not a commit leads to it: searches each for
 * the values that this process knows, and collects what patches do not show (commits and tags as
 * they are, and the names in trees).
 */
final class IncomingObjects {
  private static final int PART = 16 * 1024;
  private static final int MAX_HEADER = 256;
  private static final int MAX_TEXTS = 12 * 1024 * 1024;

  private final Quarantine quarantine;
  private final GitGateLimits limits;
  private final ValueSearch values;
  private final ByteArrayOutputStream texts;

  /**
   * Of one push.
   *
   * @param texts gets what patches do not show
   */
  IncomingObjects(
      Quarantine quarantine,
      GitGateLimits limits,
      ValueSearch values,
      ByteArrayOutputStream texts) {
    this.quarantine = quarantine;
    this.limits = limits;
    this.values = values;
    this.texts = texts;
  }

  /** Reads them all; refuses what holds a known value or is too large. */
  void read() throws PushRefused, IOException, InterruptedException {
    try (Program git =
            Program.start(
                List.of(
                    "git", "cat-file", "--batch", "--batch-all-objects", "--unordered", "--buffer"),
                quarantine.incomingOnly(),
                quarantine.deadline());
        InputStream in = new BufferedInputStream(git.out(), PART)) {
      git.in().close();
      long unpacked = 0;
      int count = 0;
      for (Optional<Header> next = header(in); next.isPresent(); next = header(in)) {
        Header header = next.get();
        unpacked += header.size();
        count++;
        if (header.size() > limits.objectBytes()) {
          throw new PushRefused(
              "FileTooLarge",
              null,
              "a file is larger than " + limits.objectBytes() + " bytes; leave it out");
        }
        if (unpacked > limits.unpackedBytes() || count > limits.objects()) {
          throw tooLarge();
        }
        object(header, in);
      }
      if (git.await() != 0 || !git.err().isEmpty()) {
        throw PushRefused.unchecked("git could not read what is pushed");
      }
    }
  }

  private void object(Header header, InputStream in) throws IOException, PushRefused {
    boolean collected = !header.type().equals("blob");
    // Before it is read: commits, tags and trees are held whole, and memory is small.
    if (collected && header.size() + texts.size() > MAX_TEXTS) {
      throw tooLarge();
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream(collected ? (int) header.size() : 0);
    ValueSearch.Run search = values.begin();
    byte[] part = new byte[PART];
    long left = header.size();
    do {
      int count = in.readNBytes(part, 0, (int) Math.min(PART, left));
      left -= count;
      if (count == 0 && left > 0) {
        throw new IOException("git ended within an object");
      }
      Optional<String> found = search.next(Arrays.copyOf(part, count), left == 0);
      if (found.isPresent()) {
        throw found(found.get(), header.type());
      }
      if (collected) {
        whole.write(part, 0, count);
      }
    } while (left > 0);
    if (in.read() != '\n') {
      throw new IOException("git wrote an object of another length");
    }
    if (collected) {
      collect(header.type(), whole.toByteArray());
    }
  }

  private static PushRefused tooLarge() {
    return new PushRefused("PushTooLarge", null, "the push is too large; push it in smaller steps");
  }

  private static PushRefused found(String rule, String type) {
    return PushRefused.ofSecret(
        rule,
        null,
        "a "
            + (type.equals("blob") ? "file" : type.equals("tree") ? "file name" : type)
            + " holds a secret of this Bottle ("
            + rule
            + "); take it out of every commit");
  }

  private void collect(String type, byte[] content) {
    if (type.equals("tree")) {
      names(content);
    } else {
      texts.writeBytes(content);
      texts.write('\n');
    }
  }

  /** {@code mode SP name NUL id}, again and again; ids are as long as the repository's. */
  private void names(byte[] tree) {
    int id = 20;
    int at = 0;
    while (at < tree.length) {
      int space = at;
      while (tree[space] != ' ') {
        space++;
      }
      int end = space;
      while (tree[end] != 0) {
        end++;
      }
      texts.write(tree, space + 1, end - space - 1);
      texts.write('\n');
      at = end + 1 + id;
    }
  }

  private record Header(String type, long size) {}

  private static Optional<Header> header(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0 && line.size() == 0) {
        return Optional.empty();
      }
      if (read < 0 || line.size() == MAX_HEADER) {
        throw new IOException("git ended within a line");
      }
      line.write(read);
    }
    String[] words = line.toString(StandardCharsets.US_ASCII).split(" ", -1);
    if (words.length != 3 || !words[2].matches("[0-9]{1,18}")) {
      throw new IOException("git wrote no object");
    }
    return Optional.of(new Header(words[1], Long.parseLong(words[2])));
  }
}
