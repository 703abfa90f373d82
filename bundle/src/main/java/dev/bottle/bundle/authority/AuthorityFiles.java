package dev.bottle.bundle.authority;

import dev.bottle.bundle.process.AtomicFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/**
 * {@code ca.pem} and {@code ca-key.pem} of one directory. The key is SEC1 {@code EC PRIVATE KEY}
 * (RFC 5915) with its curve named, mode 0400: what pipelock and Go's {@code x509.ParseECPrivateKey}
 * take.
 */
public final class AuthorityFiles {
  private static final int MAX_BYTES = 64 * 1024;

  private final Path certificate;
  private final Path key;

  /** The pair in this directory, which must exist. */
  public AuthorityFiles(Path directory) {
    certificate = directory.resolve("ca.pem");
    key = directory.resolve("ca-key.pem");
  }

  /**
   * The pair, or empty when there is none, half of one, or one that is of no use now.
   *
   * @throws IOException when a file is there and cannot be read
   */
  public Optional<Authority> read(Instant now) throws IOException {
    if (!isFile(certificate) || !isFile(key)) {
      return Optional.empty();
    }
    return parse(text(certificate), text(key)).filter(authority -> authority.usable(now));
  }

  /** Replaces the pair; each file appears whole or not at all. */
  public void write(IssuedAuthority issued) throws IOException {
    // The key first: a certificate without its key is half a pair, and half a pair is made anew.
    AtomicFile.write(key, issued.keyPem(), "r--------");
    AtomicFile.write(certificate, issued.certificatePem(), "r--r--r--");
  }

  private static boolean isFile(Path path) {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static String text(Path path) throws IOException {
    try (var in = Files.newInputStream(path)) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.US_ASCII);
    }
  }

  /** Of one block, and nothing before it: other readers of the file take the first one. */
  private static Optional<Authority> parse(String certificatePem, String keyPem) {
    try (PemReader reader = new PemReader(new StringReader(keyPem))) {
      PemObject block = reader.readPemObject();
      if (block == null || !block.getType().equals("EC PRIVATE KEY")) {
        return Optional.empty();
      }
      X509Certificate parsed =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(certificatePem.getBytes(StandardCharsets.US_ASCII)));
      return Optional.of(new Authority(parsed, key(block.getContent())));
    } catch (GeneralSecurityException | IOException | IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  /**
   * SEC1 wrapped as PKCS#8 for the JDK. Bouncy Castle's own converter does the same and loads its
   * whole provider, which took a third of the start.
   */
  private static PrivateKey key(byte[] sec1) throws GeneralSecurityException, IOException {
    ECPrivateKey key = ECPrivateKey.getInstance(sec1);
    PrivateKeyInfo wrapped =
        new PrivateKeyInfo(
            new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject()),
            key);
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(wrapped.getEncoded()));
  }
}
