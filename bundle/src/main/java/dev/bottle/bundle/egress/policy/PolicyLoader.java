package dev.bottle.bundle.egress.policy;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.Inspection;
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
 * Reads the policy file and puts it in force. The new hash is told only after everything that the
 * new policy does not allow is closed. Not thread-safe: one thread calls {@link #load}.
 */
public final class PolicyLoader {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyLoader.class);

  /** What follows a swap. */
  public interface Effects {
    /** Closes what is no longer allowed; returns when it is closed. */
    void enforce();

    /**
     * Tells the state.
     *
     * @param hash of the policy in force, null when there is none
     * @param fault what is wrong with the file, null when nothing is
     */
    void tell(@Nullable String hash, @Nullable String fault);
  }

  private final Path file;
  private final PolicyInForce inForce;
  private final Effects effects;
  private final boolean behindPipelock;
  private byte @Nullable [] lastBytes;
  private @Nullable String lastFault;

  /**
   * Nothing is read yet.
   *
   * @param behindPipelock whether this egress reaches the internet through pipelock only: a policy
   *     that wants it is no good for one that does not
   */
  public PolicyLoader(Path file, PolicyInForce inForce, Effects effects, boolean behindPipelock) {
    this.file = file;
    this.inForce = inForce;
    this.effects = effects;
    this.behindPipelock = behindPipelock;
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
    Enforcement former = inForce.get();
    if (bytes != null) {
      try {
        Enforcement next = Enforcement.of(bytes, former);
        if (next.policy().inspection() == Inspection.Pipelock && !behindPipelock) {
          throw new MalformedDocumentException(
              "egress.inspection is Pipelock, and this egress was started without --pipelock");
        }
        inForce.set(next);
        effects.enforce();
        LOG.atInfo().addKeyValue("policyHash", next.hash()).log("policy in force");
        effects.tell(next.hash(), null);
        return;
      } catch (MalformedDocumentException e) {
        fault = e.getMessage();
      }
    }
    LOG.atWarn()
        .addKeyValue("reason", Reason.PolicyInvalid)
        .addKeyValue("policyHash", former == null ? "none" : former.hash())
        .log("{}: {}", file.getFileName(), fault);
    effects.tell(former == null ? null : former.hash(), file.getFileName() + ": " + fault);
  }
}
