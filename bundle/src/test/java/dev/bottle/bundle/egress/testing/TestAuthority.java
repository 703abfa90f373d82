package dev.bottle.bundle.egress.testing;

import dev.bottle.bundle.authority.Authority;
import dev.bottle.bundle.authority.AuthorityFiles;
import dev.bottle.bundle.authority.Certificates;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

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

  /** TLS of a server with a certificate of this authority for these names, valid until then. */
  public SSLContext server(List<String> names, Instant notAfter) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(names, notAfter).getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A certificate of this authority for these names, valid until then. */
  public KeyManagerFactory keys(List<String> names, Instant notAfter) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      KeyPair pair = generator.generateKeyPair();
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              authority.certificate().getSubjectX500Principal(),
              BigInteger.valueOf(System.nanoTime()),
              Date.from(notAfter.minus(Duration.ofDays(2))),
              Date.from(notAfter),
              new X500Principal("CN=origin"),
              pair.getPublic());
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              names.stream()
                  .map(name -> new GeneralName(GeneralName.dNSName, name))
                  .toArray(GeneralName[]::new)));
      X509Certificate certificate =
          new JcaX509CertificateConverter()
              .getCertificate(
                  builder.build(
                      new JcaContentSignerBuilder("SHA256withECDSA").build(authority.key())));
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setKeyEntry(
          "origin", pair.getPrivate(), new char[0], new X509Certificate[] {certificate});
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, new char[0]);
      return keys;
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
