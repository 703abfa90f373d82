package dev.bottle.agent.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void place() throws IOException {
    file = Files.createDirectories(directory.resolve("machine")).resolve("console.log");
  }

  private LogFile open() {
    return new LogFile(directory, "machine/console.log", "console");
  }

  private void append(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static List<LogLine> console(String... lines) {
    return List.of(lines).stream().map(line -> new LogLine("console", line)).toList();
  }

  @Test
  void newLinesAreReadOnceAndOldOnesNever() throws IOException {
    append("of an earlier agent\n");
    LogFile log = open();
    assertThat(log.read()).isEmpty();
    append("one\r\ntwo\n\nthr");
    assertThat(log.read()).isEqualTo(console("one", "two"));
    append("ee\n");
    assertThat(log.read()).isEqualTo(console("three"));
    assertThat(log.read()).isEmpty();
  }

  @Test
  void aFileThatAppearsLaterIsReadFromItsBeginning() throws IOException {
    LogFile log = open();
    assertThat(log.read()).isEmpty();
    append("booting\n");
    assertThat(log.read()).isEqualTo(console("booting"));
  }

  @Test
  void aBootThatWritesTheFileAnewIsReadFromItsBeginning() throws IOException {
    LogFile log = open();
    append("[ 0.1] first boot\n");
    assertThat(log.read()).hasSize(1);
    Files.writeString(file, "[ 0.2] second boot, longer than the first\n");
    assertThat(log.read()).isEqualTo(console("[ 0.2] second boot, longer than the first"));
    Files.writeString(file, "3\n");
    assertThat(log.read()).isEqualTo(console("3"));
    // Rotation: another file at the same path.
    Files.move(file, directory.resolve("machine/console.log.1"));
    append("after rotation\n");
    assertThat(log.read()).isEqualTo(console("after rotation"));
  }

  @Test
  void aFloodIsReadInPiecesAndWhatIsTooMuchIsSkippedAndSaid() throws IOException {
    LogFile log = open();
    String line = "x".repeat(99) + "\n";
    append(line.repeat(10_000)); // 1 MB
    List<LogLine> first = log.read();
    assertThat(first.getFirst())
        .isEqualTo(
            new LogLine(
                "agent", 1_000_000 - LogFile.BACKLOG_BYTES + " bytes of the console are skipped"));
    assertThat(first.size()).isLessThanOrEqualTo(LogFile.CHUNK_BYTES / 100 + 2);
    List<LogLine> rest = new ArrayList<>();
    for (List<LogLine> piece = log.read(); !piece.isEmpty(); piece = log.read()) {
      rest.addAll(piece);
    }
    assertThat(rest)
        .hasSizeBetween(900, 1000)
        .last()
        .isEqualTo(new LogLine("console", "x".repeat(99)));
  }

  @Test
  void aLineWithoutAnEndIsShownInPieces() throws IOException {
    LogFile log = open();
    append("y".repeat(3 * LogFile.LINE_BYTES));
    assertThat(log.read())
        .isEqualTo(
            console(
                "y".repeat(LogFile.LINE_BYTES),
                "y".repeat(LogFile.LINE_BYTES),
                "y".repeat(LogFile.LINE_BYTES)));
  }

  @Test
  void bytesThatAreNoTextDoNoHarm() throws IOException {
    LogFile log = open();
    Files.write(file, new byte[] {(byte) 0xff, 0, 27, '\n'}, StandardOpenOption.CREATE);
    assertThat(log.read()).isEqualTo(console("\ufffd\0\u001b"));
  }

  @Test
  void aLinkIsNotFollowed() throws IOException {
    Path secret = Files.write(directory.resolve("secret"), "secret\n".getBytes(UTF_8));
    LogFile log = open();
    Files.createSymbolicLink(file, secret);
    assertRefusedOnce(log);
  }

  @Test
  void aLinkInTheMiddleIsNotFollowed() throws IOException {
    Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("console.log"), "secret\n");
    LogFile log = open();
    Files.delete(directory.resolve("machine"));
    Files.createSymbolicLink(directory.resolve("machine"), elsewhere);
    assertRefusedOnce(log);
  }

  @Test
  void aSecondNameOfAnotherFileIsNotRead() throws IOException {
    Path secret = Files.write(directory.resolve("secret"), "secret\n".getBytes(UTF_8));
    LogFile log = open();
    Files.createLink(file, secret);
    assertRefusedOnce(log);
  }

  /** Opening a FIFO by name would wait for a writer for ever. */
  @Test
  void aFifoBlocksNobody() throws IOException, InterruptedException {
    LogFile log = open();
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
    assertRefusedOnce(log);
    assertThat(open().read()).hasSize(1);
  }

  private void assertRefusedOnce(LogFile log) throws IOException {
    List<LogLine> lines = log.read();
    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().source()).isEqualTo("agent");
    assertThat(lines.getFirst().line())
        .startsWith("the console log is not shown")
        .doesNotContain("secret");
    assertThat(log.read()).isEmpty();
  }
}
