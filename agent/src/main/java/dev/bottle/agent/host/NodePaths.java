package dev.bottle.agent.host;

import dev.bottle.crd.json.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Where things are on the node; the same inside the agent's container, which mounts them so. */
public record NodePaths(Path home, Path runDirectory, Path kubeletRoot) {
  private static final int SHORT_NAME_CHARACTERS = 12;
  private static final int DIRECTORY_CHARACTERS = 16;

  /** What an administrator or the installation put there. */
  public Path program(String name) {
    return home.resolve("bin").resolve(name);
  }

  /** The runtime of this node: real or stand-in. */
  public Path runtime() {
    return home.resolve("smolvm/current");
  }

  /** SMOLVM_DATA_DIR. Short, because smolvm puts unix sockets below it. */
  public Path machines() {
    return home.resolve("machines");
  }

  /** Below which smolvm keeps each machine's files (smolvm.md §1.12). */
  public Path machineDirectories() {
    return machines().resolve(".cache/smolvm/vms");
  }

  /** A machine's directory below that, as {@code smolvm machine data-dir} says. */
  public static String machineDirectory(String machine) {
    return Sha256.hex(machine.getBytes(StandardCharsets.UTF_8)).substring(0, DIRECTORY_CHARACTERS);
  }

  /**
   * Unpacked images as machines see them: a mount that nobody can write through (see {@link
   * #imageStore}).
   */
  public Path images() {
    return home.resolve("images");
  }

  /** Where the agent keeps images. For root only. */
  public Path imageStore() {
    return home.resolve("image-store");
  }

  /** What guests see, read-only, at /opt/bottle. */
  public Path guestTools() {
    return home.resolve("guest-tools");
  }

  /** What the agent remembers of each machine. */
  public Path journal() {
    return home.resolve("agent");
  }

  /** The preflight's machine and its rootfs. Short, as above. */
  public Path trial() {
    return home.resolve("trial");
  }

  /** What the preflight proved. */
  public Path trialProof() {
    return home.resolve("preflight");
  }

  /** The parent of every Pod's directory. */
  public Path pods() {
    return kubeletRoot.resolve("pods");
  }

  /**
   * The short directory of a Bottle below which its Pod's socket volumes are bound: a socket path
   * holds 107 bytes and kubelet's paths are longer.
   */
  public Path bottleDirectory(String bottleUid) {
    String digest = Sha256.hex(bottleUid.getBytes(StandardCharsets.UTF_8));
    return runDirectory.resolve(digest.substring(0, SHORT_NAME_CHARACTERS));
  }
}
