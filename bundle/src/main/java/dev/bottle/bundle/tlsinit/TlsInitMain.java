package dev.bottle.bundle.tlsinit;

import dev.bottle.bundle.authority.AuthorityFiles;
import dev.bottle.bundle.authority.Certificates;
import dev.bottle.bundle.authority.SecurityProviders;
import dev.bottle.bundle.process.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Makes the egress certificate authority, or keeps the one that is there, and writes its
 * certificate where the guest's provisioning finds it. Exit 0, else one line on stderr and 1.
 */
@Command(name = "tls-init")
public final class TlsInitMain implements Callable<Integer> {
  @Option(names = "--ca-directory", required = true, paramLabel = "DIR")
  private Path caDirectory = Path.of("");

  @Option(names = "--certificate", required = true, paramLabel = "FILE")
  private Path certificate = Path.of("");

  @Option(names = "--common-name", required = true, paramLabel = "CN")
  private String commonName = "";

  private final Clock clock;

  TlsInitMain(Clock clock) {
    this.clock = clock;
  }

  /** See docs/contracts.md. */
  public static void main(String[] arguments) {
    SecurityProviders.narrow();
    System.exit(commandLine(Clock.systemUTC()).execute(arguments));
  }

  static CommandLine commandLine(Clock clock) {
    return new CommandLine(new TlsInitMain(clock))
        .setParameterExceptionHandler((e, _) -> fail(e.getCommandLine(), e.getMessage()))
        .setExecutionExceptionHandler((e, line, _) -> fail(line, say(e)));
  }

  @Override
  public Integer call() throws IOException {
    if (commonName.isBlank() || commonName.length() > 64) {
      throw new IllegalArgumentException("--common-name must have 1 to 64 characters");
    }
    Instant now = clock.instant();
    AuthorityFiles files = new AuthorityFiles(caDirectory);
    var kept = files.read(now);
    String pem;
    if (kept.isPresent()) {
      pem = Certificates.pem(kept.get().certificate());
    } else {
      var issued = new Certificates().issueAuthority(commonName, now);
      files.write(issued);
      pem = issued.certificatePem();
    }
    AtomicFile.write(certificate, pem, "r--r--r--");
    return 0;
  }

  private static int fail(CommandLine line, @Nullable String message) {
    line.getErr().println("tls-init: " + String.valueOf(message).replaceAll("\\s+", " "));
    return 1;
  }

  /** The message of a file's exception is only its path. */
  private static String say(Exception e) {
    return e instanceof IOException
        ? e.getClass().getSimpleName() + ": " + e.getMessage()
        : String.valueOf(e.getMessage());
  }
}
