package dev.bottle.agent.log;

import dev.bottle.agent.host.Pinned;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The new lines of a file that a virtual machine writes and that is hostile therefore: no link is
 * followed, nothing but a plain file with one name is opened, and not more is read at once than
 * {@link #CHUNK_BYTES}. What was there at the beginning is old. Used by one thread at a time.
 */
public final class LogFile {
  /** Of one reading. */
  static final int CHUNK_BYTES = 32 << 10;

  /** How much is caught up with; what is before it is skipped, and that is said. */
  static final int BACKLOG_BYTES = 128 << 10;

  /** A longer line is shown in pieces. */
  static final int LINE_BYTES = 4000;

  /** Enough of a console to tell one boot from the next: the kernel's lines carry times. */
  private static final int MARK_BYTES = 256;

  private final Path trusted;
  private final String below;
  private final String source;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private long offset;
  private byte[] mark = new byte[0];
  private boolean refused;

  /**
   * Begins at the present end of the file.
   *
   * @param trusted a directory in which only root writes
   * @param below the file's path below it
   */
  public LogFile(Path trusted, String below, String source) {
    this.trusted = trusted;
    this.below = below;
    this.source = source;
    try (Pinned root = Pinned.trusted(trusted);
        Pinned file = root.below(below)) {
      if (isPlain(file.facts())) {
        try (SeekableByteChannel channel = open(file)) {
          advance(channel, channel.size());
        }
      }
    } catch (IOException none) {
      offset = 0;
    }
  }

  /** What came since the last time; nothing when there is no file. */
  public List<LogLine> read() {
    List<LogLine> lines = new ArrayList<>();
    try (Pinned root = Pinned.trusted(trusted);
        Pinned file = root.below(below)) {
      if (!isPlain(file.facts())) {
        throw new IOException("not a plain file");
      }
      try (SeekableByteChannel channel = open(file)) {
        read(channel, lines);
      }
      refused = false;
    } catch (NoSuchFileException none) {
      return lines;
    } catch (IOException e) {
      if (!refused) {
        refused = true; // once: it will not get better by itself
        lines.add(new LogLine(LogLine.AGENT, "the " + source + " log is not shown: " + what(e)));
      }
    }
    return lines;
  }

  private static String what(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static boolean isPlain(Pinned.Facts facts) {
    return facts.isRegularFile() && facts.links() == 1;
  }

  private static SeekableByteChannel open(Pinned file) throws IOException {
    return Files.newByteChannel(file.path(), StandardOpenOption.READ);
  }

  private void read(SeekableByteChannel channel, List<LogLine> lines) throws IOException {
    long size = channel.size();
    if (size < offset || !Arrays.equals(mark, at(channel, offset - mark.length, mark.length))) {
      finishLine(lines); // written anew, by the next boot
      advance(channel, 0);
    }
    if (size - offset > BACKLOG_BYTES) {
      finishLine(lines);
      long skipped = size - offset - BACKLOG_BYTES;
      lines.add(new LogLine(LogLine.AGENT, skipped + " bytes of the " + source + " are skipped"));
      advance(channel, size - BACKLOG_BYTES);
    }
    byte[] chunk = at(channel, offset, CHUNK_BYTES);
    advance(channel, offset + chunk.length);
    for (byte next : chunk) {
      if (next == '\n') {
        finishLine(lines);
      } else {
        pending.write(next);
        if (pending.size() >= LINE_BYTES) {
          finishLine(lines);
        }
      }
    }
  }

  private void finishLine(List<LogLine> lines) {
    String line = pending.toString(StandardCharsets.UTF_8);
    pending.reset();
    if (!line.isBlank()) {
      lines.add(
          new LogLine(source, line.endsWith("\r") ? line.substring(0, line.length() - 1) : line));
    }
  }

  /** Remembers what is before that offset: a file whose bytes there change was written anew. */
  private void advance(SeekableByteChannel channel, long to) throws IOException {
    long from = Math.max(0, to - MARK_BYTES);
    mark = at(channel, from, (int) (to - from));
    offset = from + mark.length;
  }

  /** Fewer bytes at the end of the file. */
  private static byte[] at(SeekableByteChannel channel, long offset, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    channel.position(offset);
    while (buffer.hasRemaining() && channel.read(buffer) > 0) {
      // until it is full or the file ends
    }
    return Arrays.copyOf(buffer.array(), buffer.position());
  }
}
