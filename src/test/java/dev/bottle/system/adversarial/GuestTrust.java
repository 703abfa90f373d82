package dev.bottle.system.adversarial;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** What a guest trusts: its Bottle's authority and no other. */
record GuestTrust(KeyStore roots) {
  /** Of the authority's certificate in PEM. */
  static GuestTrust of(byte[] pem) throws IOException {
    try {
      KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
      roots.load(null, null);
      roots.setCertificateEntry(
          "bottle",
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(pem)));
      return new GuestTrust(roots);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /** A new one each time: a resumed session would send the server name of the former. */
  SSLContext context() throws IOException {
    return at(null);
  }

  /**
   * The same for a guest whose clock is wrong.
   *
   * @param clock what it says, null for the right time
   */
  SSLContext at(@Nullable Instant clock) throws IOException {
    try {
      PKIXBuilderParameters verification = new PKIXBuilderParameters(roots, null);
      verification.setRevocationEnabled(false); // as the default of every client
      if (clock != null) {
        verification.setDate(Date.from(clock));
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(new CertPathTrustManagerParameters(verification));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }
}
