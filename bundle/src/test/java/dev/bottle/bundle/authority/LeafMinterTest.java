package dev.bottle.bundle.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXBuilderParameters;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By real handshakes, with a client whose clock may be another. */
class LeafMinterTest {
  private static final String HOST = "origin.example.org";
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  private final AtomicReference<Instant> time = new AtomicReference<>(NOW);

  @TempDir private Path home;

  @SuppressWarnings("NullAway.Init")
  private Authority authority;

  @SuppressWarnings("NullAway.Init")
  private LeafMinter minter;

  @BeforeEach
  void mint() throws Exception {
    AuthorityFiles files = new AuthorityFiles(home);
    files.write(new Certificates().issueAuthority("test", NOW));
    authority = files.read(NOW).orElseThrow();
    InstantSource clock = time::get;
    minter = new LeafMinter(authority, clock.withZone(ZoneOffset.UTC), 2);
  }

  @Test
  void aNewLeafForgivesAClockThatIsBehind() throws Exception {
    shake(minter.contextFor(HOST), NOW.minus(Duration.ofMinutes(10)));

    assertThatThrownBy(() -> shake(minter.contextFor(HOST), NOW.minus(Duration.ofHours(2))))
        .hasRootCauseInstanceOf(CertificateNotYetValidException.class);
  }

  @Test
  void aLeafThatIsAboutToBeRenewedIsValidForOneDayMore() throws Exception {
    SslContext first = minter.contextFor(HOST);
    time.set(NOW.plus(Duration.ofHours(12)).minusSeconds(1));
    assertThat(minter.contextFor(HOST)).as("not renewed yet").isSameAs(first);

    shake(first, time.get().plus(Duration.ofDays(1)));

    assertThatThrownBy(() -> shake(first, time.get().plus(Duration.ofDays(3))))
        .hasRootCauseInstanceOf(CertificateExpiredException.class);
  }

  @Test
  void halfADayLaterALeafIsRenewed() {
    SslContext first = minter.contextFor(HOST);
    time.set(NOW.plus(Duration.ofHours(12)));

    assertThat(minter.contextFor(HOST)).isNotSameAs(first);
  }

  private void shake(SslContext server, Instant clock) throws Exception {
    KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
    roots.load(null, null);
    roots.setCertificateEntry("test", authority.certificate());
    PKIXBuilderParameters verification = new PKIXBuilderParameters(roots, null);
    verification.setRevocationEnabled(false);
    verification.setDate(Date.from(clock));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(new CertPathTrustManagerParameters(verification));
    SslHandler client =
        SslContextBuilder.forClient()
            .trustManager(trust)
            .endpointIdentificationAlgorithm("HTTPS")
            .build()
            .newHandler(UnpooledByteBufAllocator.DEFAULT, HOST, 443);
    EmbeddedChannel here = new EmbeddedChannel(client);
    EmbeddedChannel there =
        new EmbeddedChannel(server.newHandler(UnpooledByteBufAllocator.DEFAULT));
    try {
      while (!client.handshakeFuture().isDone()) {
        pass(here, there);
        pass(there, here);
      }
      assertThat(client.handshakeFuture().isSuccess()).isTrue();
    } finally {
      here.finishAndReleaseAll();
      there.finishAndReleaseAll();
    }
  }

  private static void pass(EmbeddedChannel from, EmbeddedChannel to) {
    for (Object bytes = from.readOutbound(); bytes != null; bytes = from.readOutbound()) {
      to.writeInbound(bytes);
    }
  }
}
