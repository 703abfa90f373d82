package dev.bottle.bundle.gitgate;

import dev.bottle.bundle.gitgate.testing.Clone;
import dev.bottle.bundle.gitgate.testing.GitWorld;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One push that must not reach the upstream.
 *
 * @param name of the case
 * @param rule of the denial; null when git itself refuses, before or without the gate's hook
 * @param prepared what the guest does before; on the branch {@code bottle/new}
 * @param push what follows {@code git push}
 */
record RefusedPush(String name, @Nullable String rule, Preparation prepared, List<String> push) {
  private static final String AWS = "AwsAccessToken";
  private static final String GITHUB = "GithubPat";

  /** What the guest does. */
  @FunctionalInterface
  interface Preparation {
    void in(Clone clone) throws Exception;
  }

  @Override
  public String toString() {
    return name;
  }

  private static RefusedPush branch(String name, String rule, Preparation prepared) {
    return new RefusedPush(name, rule, prepared, List.of("origin", "bottle/new"));
  }

  private static RefusedPush file(String name, String rule, String file, String content) {
    return branch(name, rule, clone -> clone.commit(file, content, "a change"));
  }

  private static RefusedPush script(String name, String rule, String script) {
    return branch(
        name,
        rule,
        clone -> {
          clone.write("key", ("key = " + Secrets.AWS + "\n").getBytes(StandardCharsets.UTF_8));
          clone.sh(script);
          clone.sh("rm -f key");
          clone.commit("a change");
        });
  }

  private static RefusedPush refs(
      String name, @Nullable String rule, String prepared, String... push) {
    return new RefusedPush(name, rule, clone -> clone.sh(prepared), List.of(push));
  }

  /** Lists 38 to 40 of the adversarial cases, and those of §8.2. */
  static List<RefusedPush> all() {
    String line = "key = " + Secrets.AWS + "\n";
    return List.of(
        file("a key in a file", AWS, "a.txt", line),
        file("a GitHub token in a file", GITHUB, "a.txt", "t = " + Secrets.GITHUB + "\n"),
        branch(
            "a private key",
            "PrivateKey",
            clone -> {
              clone.sh("ssh-keygen -q -t ed25519 -N '' -f k && rm k.pub");
              clone.commit("a change");
            }),
        branch(
            "a key that the next commit deletes",
            AWS,
            clone -> {
              clone.commit("a.txt", line, "one");
              clone.commit("a.txt", "", "two");
            }),
        branch(
            "a key that only a merge brings in",
            AWS,
            clone -> {
              clone.commit("one", "1\n", "one");
              clone.sh("git checkout -q -b side origin/bottle/old");
              clone.commit("two", "2\n", "two");
              clone.sh(
                  "git checkout -q bottle/new && git merge -q --no-commit --no-ff side && echo 'k ="
                      + " "
                      + Secrets.AWS
                      + "' > evil && git add -A && git commit -q -m merge");
            }),
        branch(
            "a key in a binary file",
            AWS,
            clone -> {
              byte[] key = line.getBytes(StandardCharsets.UTF_8);
              byte[] binary = new byte[600];
              System.arraycopy(key, 0, binary, 300, key.length);
              clone.write("a.dat", binary);
              clone.commit("a change");
            }),
        script("a key in a zip", AWS, "jar --create --no-manifest --file a.zip key"),
        script("a key in gzip", AWS, "gzip -c key > a.gz"),
        script("a key in tar.gz", AWS, "tar czf a.tar.gz key"),
        script("a key in tar.xz", AWS, "tar cJf a.tar.xz key"),
        script("a key in Base64", AWS, "base64 key > a.txt"),
        script("a key in hexadecimal", AWS, "od -An -v -tx1 key | tr -d ' \\n' > a.txt"),
        branch("a key in a message", AWS, clone -> clone.commit("a", "a\n", "use " + Secrets.AWS)),
        refs(
            "a key as the author",
            AWS,
            "echo a > a; git add a; git commit -q -m a --author '" + Secrets.AWS + " <a@a.test>'",
            "origin",
            "bottle/new"),
        refs(
            "a key as the committer",
            AWS,
            "echo a > a; git add a; GIT_COMMITTER_NAME=" + Secrets.AWS + " git commit -q -m a",
            "origin",
            "bottle/new"),
        refs(
            "a key in a header of the commit that nobody shows",
            AWS,
            "c=$(git cat-file commit HEAD | sed '/^committer/a x-note "
                + Secrets.AWS
                + "' | git hash-object -t commit -w --stdin); git reset -q --hard $c",
            "origin",
            "bottle/new"),
        refs(
            "a key in a tag's body",
            AWS,
            "git tag -a v1 -m 'use " + Secrets.AWS + "'",
            "origin",
            "v1"),
        refs(
            "a key in the body of a tag of a tag",
            AWS,
            "git tag -a v1 -m 'use " + Secrets.AWS + "'; git tag -a v2 v1 -m two",
            "origin",
            "v2"),
        refs("a key as a branch", AWS, "true", "origin", "HEAD:refs/heads/bottle/" + Secrets.AWS),
        file("a key as a file's name", AWS, Secrets.AWS, "a\n"),
        file("a key as a directory's name", AWS, Secrets.AWS + "/a", "a\n"),
        file(
            "a token in a submodule's url",
            GITHUB,
            ".gitmodules",
            "[submodule \"x\"]\n\tpath = x\n\turl = https://"
                + Secrets.GITHUB
                + "@github.com/x/x.git\n"),
        file(
            "a key in an LFS pointer",
            AWS,
            "large",
            "version https://git-lfs.github.com/spec/v1\noid sha256:"
                + "0".repeat(64)
                + "\nsize 1\n"
                + line),
        refs(
            "a key where a link leads",
            AWS,
            "ln -s " + Secrets.AWS + " link; git add link; git commit -q -m link",
            "origin",
            "bottle/new"),
        file("a comment that allows it", AWS, "a.txt", line.strip() + " # gitleaks:allow\n"),
        branch(
            "a configuration that allows it",
            AWS,
            clone -> {
              clone.commit(".gitleaks.toml", "[allowlist]\npaths = ['''.*''']\n", "allow");
              clone.commit("a.txt", line, "a change");
            }),
        branch(
            "an ignore file that allows it",
            AWS,
            clone -> {
              clone.commit("a.txt", line, "a change");
              clone.commit(
                  ".gitleaksignore",
                  clone.git("rev-parse", "HEAD") + ":a.txt:aws-access-token:1\n",
                  "ignore");
            }),
        branch(
            "attributes that hide it",
            AWS,
            clone -> {
              clone.commit(".gitattributes", "* -diff -text binary\n", "hide");
              clone.commit("a.txt", line, "a change");
            }),
        file("a path that scanners leave out: a picture", AWS, "a.png", line),
        file("a path that scanners leave out: a lock file", AWS, "go.sum", line),
        file("a path that scanners leave out: a library", AWS, "node_modules/a.js", line),
        file("the canary", "Canary", "a.txt", GitWorld.CANARY),
        file("the canary in Base64", "Canary", "a.txt", base64("x" + GitWorld.CANARY)),
        file("the canary in hexadecimal", "Canary", "a.txt", hex(GitWorld.CANARY)),
        branch("the canary in a message", "Canary", c -> c.commit("a", "a", GitWorld.CANARY)),
        file("the canary as a file's name", "Canary", GitWorld.CANARY, "a"),
        script(
            "the canary in an archive",
            "BottleCanary",
            "echo " + GitWorld.CANARY + " > c; tar czf a.tar.gz c; rm c"),
        file("a token of egress", "OwnToken", "a.txt", "x" + GitWorld.TOKEN),
        file("a token of egress in Base64", "OwnToken", "a.txt", base64("xy" + GitWorld.TOKEN)),
        file("a token of egress in hexadecimal", "OwnToken", "a.txt", hex(GitWorld.TOKEN)),
        new RefusedPush(
            "hooks of the guest's",
            AWS,
            clone -> clone.commit("a.txt", line, "a change"),
            List.of("--no-verify", "origin", "bottle/new")),
        new RefusedPush(
            "a hooks path of the guest's",
            AWS,
            clone -> {
              clone.commit("a.txt", line, "a change");
              clone.git("config", "core.hooksPath", "/dev/null");
            },
            List.of("origin", "bottle/new")),
        new RefusedPush(
            "push options",
            null,
            clone -> clone.commit("a.txt", "a\n", "a change"),
            List.of("-o", "secret_push_protection.skip_all", "origin", "bottle/new")),
        refs(
            "a branch that is not allowed",
            "RefNotAllowed",
            "git commit -q --allow-empty -m e",
            "origin",
            "HEAD:main"),
        refs(
            "a branch that only begins like an allowed one",
            "RefNotAllowed",
            "true",
            "origin",
            "HEAD:refs/heads/bottle2"),
        refs("notes", "RefNotAllowed", "git notes add -m n", "origin", "refs/notes/commits"),
        refs(
            "replacements",
            "RefNotAllowed",
            "true",
            "origin",
            "HEAD:refs/replace/" + "0123456789".repeat(4)),
        refs("a deletion", "DeleteNotAllowed", "true", "origin", ":bottle/old"),
        refs(
            "history rewritten",
            "ForceNotAllowed",
            "git reset -q --hard origin/main; echo f > f; git add f; git commit -q -m f",
            "--force",
            "origin",
            "HEAD:bottle/old"),
        refs("history cut", "ForceNotAllowed", "true", "-f", "origin", "origin/main:bottle/old"),
        refs(
            "a tag moved",
            "ForceNotAllowed",
            "git commit -q --allow-empty -m e; git tag -f v0",
            "-f",
            "origin",
            "v0"),
        refs(
            "one bad ref among good ones",
            "RefNotAllowed",
            "echo a > a; git add a; git commit -q -m a",
            "origin",
            "bottle/new",
            "HEAD:main"),
        refs(
            "too many refs",
            "TooManyRefs",
            "true",
            "origin",
            "HEAD:bottle/1",
            "HEAD:bottle/2",
            "HEAD:bottle/3",
            "HEAD:bottle/4",
            "HEAD:bottle/5"),
        refs(
            "a tag of a file",
            "NotACommit",
            "git tag v1 $(echo " + Secrets.AWS + " | git hash-object -w --stdin)",
            "origin",
            "v1"),
        refs(
            "a tag of a tree",
            "NotACommit",
            "echo " + Secrets.AWS + " > a; git add a; git tag v1 $(git write-tree)",
            "origin",
            "v1"),
        refs(
            "an object that is broken",
            null,
            "t=$(printf '100644 .git\\0%b' \"$(printf a | git hash-object -w --stdin | sed"
                + " 's/../\\\\x&/g')\" | git hash-object -t tree -w --literally --stdin);"
                + " git reset -q --soft $(git commit-tree $t -m broken)",
            "origin",
            "bottle/new"),
        refs(
            "a pack that is too long",
            null,
            "for i in 1 2 3; do head -c 3500000 /dev/urandom > r$i; done; git add .; git commit -q"
                + " -m r",
            "origin",
            "bottle/new"),
        refs(
            "a file that is too large",
            "FileTooLarge",
            "head -c 5000000 /dev/zero > z; git add z; git commit -q -m z",
            "origin",
            "bottle/new"),
        refs(
            "files that are too large together",
            "PushTooLarge",
            "for i in 1 2 3 4 5; do (echo $i; head -c 4000000 /dev/zero) > z$i; done; git add .;"
                + " git commit -q -m z",
            "origin",
            "bottle/new"));
  }

  /** What passes though it should not: named, so that nobody takes it for found. */
  static List<RefusedPush> gaps() {
    return List.of(
        script("a key in .tgz", AWS, "tar czf a.tgz key"),
        file(
            "a key reversed", AWS, "a.txt", "k " + new StringBuilder(Secrets.AWS).reverse() + "\n"),
        file(
            "a key in two parts",
            AWS,
            "a.txt",
            Secrets.AWS.substring(0, 10) + "\n" + Secrets.AWS.substring(10) + "\n"),
        branch(
            "a key in UTF-16",
            AWS,
            clone -> {
              clone.write("a.txt", ("k " + Secrets.AWS).getBytes(StandardCharsets.UTF_16LE));
              clone.commit("a change");
            }),
        script(
            "a token of no known format in an archive",
            "OwnToken",
            "echo " + GitWorld.TOKEN + " > t; tar czf a.tar.gz t; rm t"));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }
}
