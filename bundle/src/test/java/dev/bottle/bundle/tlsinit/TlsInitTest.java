package dev.bottle.bundle.tlsinit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.bundle.authority.AuthorityFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemReader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsInitTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @TempDir private Path home;

  private final StringWriter err = new StringWriter();
  private Path ca = Path.of("");
  private Path trust = Path.of("");

  @BeforeEach
  void directories() throws IOException {
    ca = Files.createDirectory(home.resolve("ca"));
    trust = Files.createDirectory(home.resolve("trust")).resolve("egress-ca.pem");
  }

  @Test
  void theKeyIsSec1WithItsCurveAndForItsOwnerOnly() throws IOException {
    assertThat(run(NOW)).isZero();

    Path key = ca.resolve("ca-key.pem");
    assertThat(mode(key)).isEqualTo("r--------");
    assertThat(Files.readString(key)).startsWith("-----BEGIN EC PRIVATE KEY-----\n");
    try (PemReader reader = new PemReader(new StringReader(Files.readString(key)))) {
      ECPrivateKey sec1 = ECPrivateKey.getInstance(reader.readPemObject().getContent());
      assertThat(sec1.getParametersObject()).isEqualTo(SECObjectIdentifiers.secp256r1);
      assertThat(sec1.getPublicKey()).isNotNull();
      assertThat(reader.readPemObject()).as("a second block").isNull();
    }
  }

  @Test
  void theCertificateSignsLeavesOnlyAndForgivesALateClock() throws Exception {
    run(NOW);

    X509Certificate certificate = certificate(ca.resolve("ca.pem"));
    assertThat(certificate.getBasicConstraints()).as("pathLen").isZero();
    assertThat(certificate.getKeyUsage())
        .containsExactly(false, false, false, false, false, true, false, false, false);
    assertThat(certificate.getSerialNumber().bitLength()).isEqualTo(128);
    assertThat(certificate.getNotBefore().toInstant()).isEqualTo(NOW.minus(Duration.ofHours(1)));
    assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=Bottle demo");
    certificate.verify(certificate.getPublicKey());
  }

  @Test
  void theTrustedCertificateIsTheOneThatSigns() throws IOException {
    run(NOW);

    assertThat(trust).hasSameTextualContentAs(ca.resolve("ca.pem"));
    assertThat(mode(trust)).isEqualTo("r--r--r--");
  }

  @Test
  void aSecondRunKeepsThePairAndWritesTheCertificateAgain() throws IOException {
    run(NOW);
    String certificate = Files.readString(ca.resolve("ca.pem"));
    String key = Files.readString(ca.resolve("ca-key.pem"));
    Files.delete(trust);

    assertThat(run(NOW.plus(Duration.ofDays(30)))).isZero();

    assertThat(ca.resolve("ca.pem")).hasContent(certificate);
    assertThat(ca.resolve("ca-key.pem")).hasContent(key);
    assertThat(trust).hasContent(certificate);
  }

  @Test
  void halfAPairIsMadeAnew() throws IOException {
    run(NOW);
    String former = Files.readString(ca.resolve("ca.pem"));
    Files.delete(ca.resolve("ca-key.pem"));

    assertThat(run(NOW)).isZero();

    assertUsable(NOW);
    assertThat(Files.readString(trust)).isNotEqualTo(former);
  }

  @Test
  void aKeyOfAnotherCertificateIsMadeAnew() throws IOException {
    run(NOW);
    String strange = Files.readString(ca.resolve("ca.pem"));
    Files.delete(ca.resolve("ca-key.pem"));
    run(NOW);
    Files.delete(ca.resolve("ca.pem"));
    Files.writeString(ca.resolve("ca.pem"), strange);

    assertThat(run(NOW)).isZero();

    assertUsable(NOW);
    assertThat(Files.readString(trust)).isNotEqualTo(strange);
  }

  @Test
  void garbageAndAnExpiredPairAreMadeAnew() throws IOException {
    Files.writeString(ca.resolve("ca.pem"), "garbage");
    Files.writeString(ca.resolve("ca-key.pem"), "garbage");
    assertThat(run(NOW)).isZero();
    assertUsable(NOW);

    Instant tenYearsLater = NOW.plus(Duration.ofDays(3660));
    assertThat(run(tenYearsLater)).isZero();
    assertUsable(tenYearsLater);
  }

  @Test
  void aPlaceThatCannotBeWrittenIsOneLine() {
    int exit = run(NOW, home.resolve("absent"), trust);

    assertThat(exit).isEqualTo(1);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("tls-init: ")
        .contains("absent");
  }

  @Test
  void aMissingArgumentIsOneLine() {
    var line = TlsInitMain.commandLine(Clock.systemUTC()).setErr(new PrintWriter(err, true));

    assertThat(line.execute("--ca-directory", ca.toString())).isEqualTo(1);
    assertThat(err.toString().lines()).singleElement().asString().contains("--certificate");
  }

  private int run(Instant now) {
    return run(now, ca, trust);
  }

  private int run(Instant now, Path directory, Path certificate) {
    return TlsInitMain.commandLine(Clock.fixed(now, ZoneOffset.UTC))
        .setErr(new PrintWriter(err, true))
        .execute(
            "--ca-directory",
            directory.toString(),
            "--certificate",
            certificate.toString(),
            "--common-name",
            "Bottle demo");
  }

  private void assertUsable(Instant now) throws IOException {
    assertThat(new AuthorityFiles(ca).read(now)).isPresent();
    assertThat(trust).hasSameTextualContentAs(ca.resolve("ca.pem"));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static X509Certificate certificate(Path file) throws Exception {
    try (var in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }
}
