package dev.bottle.crd.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.json.StrictJson;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * policy.json: everything that the daemons enforce, immutable. Its hash is the SHA-256 of the
 * file's bytes.
 *
 * @param version the version of the format, {@link #VERSION}
 * @param git what git-gate serves; null, and not in the document, when there is no git-gate
 */
public record Policy(
    int version,
    BottleIdentity bottle,
    EgressPolicy egress,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable GitPolicy git) {
  /** The only version there is. */
  public static final int VERSION = 1;

  /** The longest policy.json, in bytes: what a ConfigMap holds. */
  public static final int MAX_BYTES = 1024 * 1024;

  /** Refuses another version and absent parts. */
  public Policy {
    if (version != VERSION) {
      throw new IllegalArgumentException("version must be " + VERSION);
    }
    Objects.requireNonNull(bottle, "bottle is missing");
    Objects.requireNonNull(egress, "egress is missing");
  }

  /** A policy without git-gate. */
  public Policy(int version, BottleIdentity bottle, EgressPolicy egress) {
    this(version, bottle, egress, null);
  }

  /** The upstreams of git-gate; none when there is no git-gate. */
  public GitPolicy upstreams() {
    return git == null ? GitPolicy.NONE : git;
  }

  /** policy.json of this policy; equal policies have equal bytes. */
  public byte[] toJson() {
    return StrictJson.write(this);
  }

  /**
   * Reads policy.json.
   *
   * @throws MalformedDocumentException when it is not exactly a policy of {@link #VERSION}
   */
  public static Policy parse(byte[] document) throws MalformedDocumentException {
    return StrictJson.read(document, MAX_BYTES, Policy.class);
  }

  /** The policy hash of these bytes, 64 lower-case hex digits: of the bytes, not of the value. */
  public static String hash(byte[] document) {
    return Sha256.hex(document);
  }
}
