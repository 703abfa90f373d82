package dev.bottle.bundle.policy;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the policy file and has it put in force; a broken one leaves the last good one there. Not
 * thread-safe: one thread calls {@link #load}.
 */
public final class PolicyFile {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyFile.class);

  /** What a daemon does with a policy. */
  public interface Enforcer {
    /**
     * Puts it in force and returns when nothing of the former one is left that it does not allow.
     *
     * @throws MalformedDocumentException when it cannot be enforced; nothing has changed then
     */
    void enforce(byte[] document) throws MalformedDocumentException;

    /**
     * Tells the state.
     *
     * @param hash of the policy in force, null when there is none
     * @param fault what is wrong with the file, null when nothing is
     */
    void tell(@Nullable String hash, @Nullable String fault);
  }

  private final Path file;
  private final Enforcer enforcer;
  private byte @Nullable [] lastBytes;
  private @Nullable String lastFault;
  private @Nullable String hash;

  /** Nothing is read yet. */
  public PolicyFile(Path file, Enforcer enforcer) {
    this.file = file;
    this.enforcer = enforcer;
  }

  /** The directory in which kubelet swaps it. */
  public Path folder() {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? Path.of("/") : parent;
  }

  /** Reads the file; does nothing when it is what it was. */
  public void load() {
    byte[] bytes = null;
    String fault = null;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(Policy.MAX_BYTES + 1);
    } catch (IOException e) {
      fault = "cannot be read (" + e.getClass().getSimpleName() + ")";
    }
    if (Arrays.equals(bytes, lastBytes) && Objects.equals(fault, lastFault)) {
      return;
    }
    lastBytes = bytes;
    lastFault = fault;
    if (bytes != null) {
      try {
        enforcer.enforce(bytes);
        hash = Policy.hash(bytes);
        LOG.atInfo().addKeyValue("policyHash", hash).log("policy in force");
        enforcer.tell(hash, null);
        return;
      } catch (MalformedDocumentException e) {
        fault = e.getMessage();
      }
    }
    LOG.atWarn()
        .addKeyValue("reason", Reason.PolicyInvalid)
        .addKeyValue("policyHash", hash == null ? "none" : hash)
        .log("{}: {}", file.getFileName(), fault);
    enforcer.tell(hash, file.getFileName() + ": " + fault);
  }
}
