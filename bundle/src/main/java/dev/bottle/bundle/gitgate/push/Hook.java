package dev.bottle.bundle.gitgate.push;

import dev.bottle.bundle.gitgate.program.Deadline;
import dev.bottle.bundle.gitgate.program.Outcome;
import dev.bottle.bundle.gitgate.program.PrivateFiles;
import dev.bottle.bundle.gitgate.program.Program;
import dev.bottle.bundle.gitgate.upstream.PlainText;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The daemon's end of the pre-receive hook of one push: two named pipes in a folder of its own, in
 * one of which the hook writes what git tells it, while it reads in the other what it shall say and
 * how it shall end. Both are open here for reading and writing (fifo(7)), so that neither end waits
 * for the other to come; and when this process dies, the hook reads an end and refuses.
 */
public final class Hook implements AutoCloseable {
  private static final Duration A_MOMENT = Duration.ofSeconds(10);
  private static final int MAX_REF = 4096;
  private static final String OBJECTS = "objects ";

  private final Path folder;
  private final RandomAccessFile commands;
  private final RandomAccessFile report;

  /**
   * What git told the hook.
   *
   * @param quarantine where the objects are that came with the push (git-receive-pack(1),
   *     "Quarantine Environment"); null when none came, because refs are only deleted
   */
  public record Told(@Nullable Path quarantine, List<PushCommand> commands) {}

  private Hook(Path folder) throws IOException {
    this.folder = folder;
    this.commands = new RandomAccessFile(folder.resolve("commands").toFile(), "rw");
    this.report = new RandomAccessFile(folder.resolve("report").toFile(), "rw");
  }

  /** Makes the pipes in this empty folder, which goes when this is closed. */
  public static Hook in(Path folder) throws IOException, InterruptedException {
    Outcome made =
        Program.run(
            List.of(
                "mkfifo",
                "-m",
                "600",
                folder.resolve("commands").toString(),
                folder.resolve("report").toString()),
            Map.of("PATH", "/usr/bin:/bin"),
            new byte[0],
            Deadline.in(A_MOMENT),
            0);
    if (!made.succeeded()) {
      throw new IOException("mkfifo failed: " + made.err().strip());
    }
    return new Hook(folder);
  }

  /** What the hook finds the pipes by. */
  public Map<String, String> environment() {
    return Map.of("BOTTLE_PUSH", folder.toString());
  }

  /**
   * Waits for the hook.
   *
   * @param most the number of refs that a push may have; one more is read to tell
   * @return empty when there will be none, because the push failed before or this was {@link
   *     #end}ed
   */
  public Optional<Told> await(int most) throws IOException {
    var in =
        new BufferedReader(
            new InputStreamReader(new FileInputStream(commands.getFD()), StandardCharsets.UTF_8));
    String quarantine = line(in);
    if (!quarantine.startsWith(OBJECTS)) {
      return Optional.empty();
    }
    List<PushCommand> all = new ArrayList<>();
    for (String line = line(in); !line.equals("end"); line = line(in)) {
      if (all.size() <= most) {
        all.add(PushCommand.parse(line));
      }
    }
    String path = quarantine.substring(OBJECTS.length());
    return Optional.of(new Told(path.isEmpty() ? null : Path.of(path), all));
  }

  /** Lets {@link #await} return; to be called when no hook is running. */
  public void end() throws IOException {
    write(commands, "end");
  }

  /** To whoever pushes, as one line. */
  public void say(String line) throws IOException {
    write(report, "say git-gate: " + PlainText.line(line));
  }

  /** Lets the push go on. */
  public void accept() throws IOException {
    write(report, "accept");
  }

  /** Refuses the push. */
  public void reject() throws IOException {
    write(report, "reject");
  }

  @Override
  public void close() throws IOException {
    commands.close();
    report.close();
    PrivateFiles.delete(folder);
  }

  private static synchronized void write(RandomAccessFile pipe, String line) throws IOException {
    pipe.write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static String line(BufferedReader in) throws IOException {
    String line = in.readLine();
    if (line == null || line.length() > MAX_REF) {
      throw new IOException("the hook said something else than git does");
    }
    return line;
  }
}
