package dev.bottle.system.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.names.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The door that people use, from kubectl to the guest: terminals, copies and the machine's log. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DoorIT {
  private static final String BOTTLE = "door";

  /**
   * A person at a terminal of 33 rows and 111 columns, in Python because the JDK has no terminals:
   * the first words are a script, the others a command. Script words: {@code see TEXT}, {@code type
   * TEXT} (with Python's escapes), {@code size ROWS COLUMNS}, {@code kill} (kubectl dies); the end
   * is awaited, and the exit code is the command's.
   */
  private static final String PERSON =
      """
      import ast, fcntl, os, pty, select, struct, sys, termios, time
      split = sys.argv.index('--')
      script, command = sys.argv[1:split], sys.argv[split + 1:]
      pid, screen = pty.fork()
      if pid == 0:
          fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 33, 111, 0, 0))
          os.execvp(command[0], command)
      shown, seen, end = b'', 0, time.time() + 90
      def show():
          global shown
          if select.select([screen], [], [], 0.2)[0]:
              try:
                  more = os.read(screen, 65536)
              except OSError:
                  more = b''
              shown += more
              return bool(more)
          return True
      words = iter(script)
      for word in words:
          if word == 'see':
              text = next(words).encode()
              while text not in shown[seen:]:
                  if not show() or time.time() > end:
                      sys.exit(f'{text!r} does not appear: {shown!r}')
              seen = shown.index(text, seen) + len(text)
          elif word == 'type':
              os.write(screen, ast.literal_eval("b'''" + next(words) + "'''"))
          elif word == 'size':
              fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack('HHHH', int(next(words)), int(next(words)), 0, 0))
      while show() and time.time() < end:
          pass
      sys.stdout.buffer.write(shown)
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
      """;

  @TempDir Path directory;
  private LocalCluster cluster;
  private OriginProcess origin;

  @BeforeAll
  void applyOneBottle() throws IOException {
    cluster = new LocalCluster("door");
    origin = new OriginProcess(cluster);
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: door}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 512Mi, disk: 1Gi}
              egress: {allow: []}
            """)
        .orThrow();
    cluster.awaitReady(BOTTLE);
  }

  @AfterAll
  void removeIt() {
    origin.close();
    cluster.close();
  }

  @Test
  void withoutACommandALoginShellRunsAtATerminalOfThePersonsSize() {
    var shell =
        person(
            List.of(
                "see",
                "$",
                "type",
                "stty size; id -un; pwd; tty\\n",
                "see",
                "33 111\r\n",
                "see",
                "node\r\n/home/node\r\n/dev/pts/",
                "size",
                "44",
                "122",
                "type",
                "until stty size | grep -q 122; do sleep 0.1; done; stty size\\n",
                "see",
                "44 122\r\n",
                "type",
                "exit 5\\n"));
    assertThat(shell.exitCode()).as(shell.output() + shell.errors()).isEqualTo(5);
  }

  @Test
  void ctrlCAndCtrlZReachTheForegroundProcess() {
    var shell =
        person(
            List.of(
                "see",
                "$",
                "type",
                "echo rea\"\"dy; sleep 1000\\n",
                "see",
                "ready\r\n",
                "type",
                "\\x03",
                "see",
                "$",
                "type",
                "echo code $?\\n",
                "see",
                "code 130\r\n",
                "type",
                "echo rea\"\"dy; sleep 1000\\n",
                "see",
                "ready\r\n",
                "type",
                "\\x1a",
                "see",
                "Stopped",
                "type",
                "kill -KILL %1; sleep 1; exit 6\\nexit 6\\n"));
    assertThat(shell.exitCode()).as(shell.output() + shell.errors()).isEqualTo(6);
  }

  @Test
  void aCommandAtATerminalHasItsExitCodeAndItsName() {
    var command =
        person(
            List.of("see", "at a terminal called xterm\r\n"),
            "sh",
            "-c",
            "test -t 0 && test -t 1 && echo at a terminal called $TERM; exit 7");
    assertThat(command.exitCode()).as(command.output() + command.errors()).isEqualTo(7);
  }

  @Test
  void theFifthSessionIsRefusedWithOneLine() {
    List<Thread> four =
        IntStream.range(0, 4)
            .mapToObj(i ->
                Thread.ofVirtual()
                    .start(() ->
                        cluster.guest(
                            BOTTLE,
                            "sh",
                            "-c",
                            "touch /tmp/session-"
                                + i
                                + "; until [ -e /tmp/done ]; do sleep 0.2; done")))
            .toList();
    try {
      LocalCluster.await()
          .untilAsserted(() -> {
            var fifth = cluster.guest(BOTTLE, "true");
            assertThat(fifth.exitCode()).isEqualTo(125);
            assertThat(fifth.errors())
                .contains(
                    "bottle: 4 commands run in this machine already. Wait until one of them ends,"
                        + " or end one.");
          });
    } finally {
      // By the runtime's own door: the people's is full.
      new Shell(java.util.Map.of("SMOLVM_DATA_DIR", "/var/lib/bottle/machines"))
          .run(
              "/var/lib/bottle/smolvm/current/smolvm",
              "machine",
              "exec",
              "--name",
              Names.machine(cluster.bottle(BOTTLE).getMetadata().getUid()),
              "-i",
              "--",
              "touch",
              "/tmp/done")
          .orThrow();
    }
    for (Thread session : four) {
      join(session);
    }
    LocalCluster.await().until(() -> cluster.guest(BOTTLE, "true").exitCode() == 0);
    cluster.guest(BOTTLE, "true").orThrow();
  }

  @Test
  void aLargeTreeGoesInAndComesBackUnchanged() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/sub")).getParent();
    byte[] random = new byte[30 << 20];
    new SecureRandom().nextBytes(random);
    Files.write(Objects.requireNonNull(tree).resolve("sub/random"), random);
    Files.writeString(tree.resolve("run"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(
        tree.resolve("run"), PosixFilePermissions.fromString("rwxr-x---"));
    Files.createSymbolicLink(tree.resolve("inside"), Path.of("sub/random"));
    Files.createSymbolicLink(tree.resolve("outside"), Path.of("/etc/passwd"));

    copy(tree.toString(), BOTTLE + ":copied").orThrow();
    assertThat(cluster.guest(BOTTLE, "stat", "-c", "%U %a", "copied/run").orThrow())
        .isEqualTo("node 750\n");
    assertThat(cluster.guest(BOTTLE, "sha256sum", "copied/inside").orThrow())
        .startsWith(digest(tree.resolve("sub/random")));

    Path back = directory.resolve("back");
    copy(Names.pod(BOTTLE) + ":copied", back.toString()).orThrow();
    assertThat(digest(back.resolve("sub/random"))).isEqualTo(digest(tree.resolve("sub/random")));
    assertThat(Files.readSymbolicLink(back.resolve("inside"))).isEqualTo(Path.of("sub/random"));
    assertThat(Files.exists(back.resolve("outside"), java.nio.file.LinkOption.NOFOLLOW_LINKS))
        .isFalse();
  }

  @Test
  void oneFileGoesBothWaysWithPlainKubectl() throws IOException {
    Path file = directory.resolve("file");
    byte[] random = new byte[1 << 20];
    new SecureRandom().nextBytes(random);
    Files.write(file, random);
    String gate =
        "kubectl -n " + cluster.namespace() + " exec -i " + Names.pod(BOTTLE) + " -c gate";
    cluster.host("sh", "-c", gate + " -- bottle cp --file - guest:one <" + file).orThrow();
    cluster
        .host("sh", "-c", gate + " -- bottle cp --file guest:one - >" + file + ".back")
        .orThrow();
    assertThat(Files.readAllBytes(Path.of(file + ".back"))).isEqualTo(random);
  }

  @Test
  void whatCannotBeCopiedIsSaidInOneLine() {
    var denied = copy("/etc/hostname", BOTTLE + ":/etc/nobody-may");
    assertThat(denied.exitCode()).isEqualTo(1);
    assertThat(denied.errors()).contains("bottle: cp: ").contains("permission denied");
    var missing = copy(BOTTLE + ":/no/such", directory.toString());
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.errors()).contains("no such file or directory");
  }

  /** A forged archive is tried where gate's end is tested: a guest cannot replace the tool here. */
  @Test
  void linksThatLeadOutOfTheCopyStayBehind() {
    cluster
        .guest(
            BOTTLE,
            "sh",
            "-c",
            "mkdir -p evil && cd evil && ln -sfn / root && ln -sfn ../../.. up && echo x > f")
        .orThrow();
    Path to = directory.resolve("evil");
    copy(BOTTLE + ":evil", to.toString()).orThrow();
    assertThat(to.toFile().list()).containsExactly("f");
  }

  @Test
  void theLogOfGateTellsTheMachinesStory() {
    LocalCluster.await()
        .untilAsserted(() -> {
          String log = cluster.kubectl("logs", Names.pod(BOTTLE), "-c", "gate").orThrow();
          assertThat(log)
              .contains("agent | pulling 10.98.0.1:5000/bottle/guest-debian:1")
              .containsPattern("agent \\| booted in \\d+ ms")
              .containsPattern("agent \\| provisioned sha256:[0-9a-f]{64}")
              .containsPattern("agent \\| seal proven by \\d+ probes")
              .containsPattern("(?m)^console \\| .");
        });
  }

  private Shell.Result person(List<String> script, String... command) {
    List<String> words = new java.util.ArrayList<>(List.of("python3", "-c", PERSON));
    words.addAll(script);
    words.addAll(List.of("--", "kubectl", "-n", cluster.namespace(), "exec", "-it"));
    words.addAll(List.of(Names.pod(BOTTLE), "-c", "gate", "--", "bottle"));
    words.addAll(List.of(command));
    return cluster.host(words.toArray(String[]::new));
  }

  private Shell.Result copy(String from, String to) {
    return cluster.host("deploy/bin/kubectl-bottle-cp", "-n", cluster.namespace(), from, to);
  }

  private String digest(Path file) {
    return cluster.host("sha256sum", file.toString()).orThrow().substring(0, 64);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
