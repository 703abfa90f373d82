package dev.bottle.bundle.egress.testing;

import dev.bottle.bundle.authority.Authority;
import dev.bottle.bundle.authority.AuthorityFiles;
import dev.bottle.bundle.authority.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority in a directory of its own. */
public record TestAuthority(Path directory, Authority authority) {
  /** A new one. */
  public static TestAuthority in(Path directory) throws IOException {
    Instant now = Instant.now();
    Files.createDirectories(directory);
    AuthorityFiles files = new AuthorityFiles(directory);
    files.write(new Certificates().issueAuthority("Test", now));
    return new TestAuthority(directory, files.read(now).orElseThrow());
  }

  /** Its certificate. */
  public String pem() {
    return Certificates.pem(authority.certificate());
  }

  /** TLS of a client that trusts it and nothing else. */
  public SSLContext client() {
    try {
      KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
      roots.load(null, null);
      roots.setCertificateEntry("root", authority.certificate());
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(roots);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
