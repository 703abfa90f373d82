package dev.bottle.bundle.authority;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/** A certificate authority: its certificate and the key that signs for it. */
public record Authority(X509Certificate certificate, PrivateKey key) {
  /** What is left of its life must cover a leaf's, see {@link LeafMinter}. */
  private static final Duration MARGIN = Duration.ofDays(2);

  private static final int KEY_CERT_SIGN = 5;

  /** Whether it may sign now and for a while, and key and certificate belong together. */
  public boolean usable(Instant now) {
    boolean[] usage = certificate.getKeyUsage();
    return certificate.getBasicConstraints() >= 0
        && usage != null
        && usage[KEY_CERT_SIGN]
        && !now.isBefore(certificate.getNotBefore().toInstant())
        && now.plus(MARGIN).isBefore(certificate.getNotAfter().toInstant())
        && belongTogether();
  }

  private boolean belongTogether() {
    try {
      byte[] sample = new byte[32];
      new SecureRandom().nextBytes(sample);
      Signature signer = Signature.getInstance("SHA256withECDSA");
      signer.initSign(key);
      signer.update(sample);
      byte[] signature = signer.sign();
      Signature verifier = Signature.getInstance("SHA256withECDSA");
      verifier.initVerify(certificate.getPublicKey());
      verifier.update(sample);
      return verifier.verify(signature);
    } catch (GeneralSecurityException notAPair) {
      return false;
    }
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "Authority[" + certificate.getSubjectX500Principal() + "]";
  }
}
