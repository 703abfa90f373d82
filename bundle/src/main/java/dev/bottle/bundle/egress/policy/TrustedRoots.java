package dev.bottle.bundle.egress.policy;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Client TLS towards the internet: the JRE's roots and the policy's (docs/adr/0006), TLS 1.2 or
 * later, the host's name verified. Immutable.
 */
public final class TrustedRoots {
  private static final int SESSIONS = 64;

  private final String pem;
  private final Set<Certificate> added;
  private final SslContext any;
  private final SslContext http11;

  private TrustedRoots(String pem, Set<Certificate> added, SslContext any, SslContext http11) {
    this.pem = pem;
    this.added = Set.copyOf(added);
    this.any = any;
    this.http11 = http11;
  }

  /**
   * The roots with these added, or the former value where nothing changed.
   *
   * @param pem certificates, may be empty
   * @throws IllegalArgumentException when it holds anything else
   */
  static TrustedRoots of(String pem, @Nullable TrustedRoots former) {
    if (former != null && former.pem.equals(pem)) {
      return former;
    }
    Set<Certificate> added = parse(pem);
    return trusting(pem, added, () -> added.isEmpty() ? factory(null) : factory(all(added)));
  }

  /**
   * These roots and no others.
   *
   * @param pem one certificate or more
   * @throws IllegalArgumentException when it holds anything else
   */
  public static TrustedRoots only(String pem) {
    Set<Certificate> roots = parse(pem);
    if (roots.isEmpty()) {
      throw new IllegalArgumentException("there is no certificate");
    }
    return trusting(pem, roots, () -> factory(store(roots)));
  }

  @FunctionalInterface
  private interface Trust {
    TrustManagerFactory make() throws GeneralSecurityException;
  }

  private static TrustedRoots trusting(String pem, Set<Certificate> added, Trust trust) {
    try {
      TrustManagerFactory trusted = trust.make();
      return new TrustedRoots(
          pem,
          added,
          context(trusted, ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1),
          context(trusted, ApplicationProtocolNames.HTTP_1_1));
    } catch (SSLException | GeneralSecurityException e) {
      throw new IllegalArgumentException("upstreamRoots cannot be used as roots");
    }
  }

  private static SslContext context(TrustManagerFactory trust, String... protocols)
      throws SSLException {
    return SslContextBuilder.forClient()
        .sslProvider(SslProvider.JDK)
        .protocols("TLSv1.3", "TLSv1.2")
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                protocols))
        .endpointIdentificationAlgorithm("HTTPS")
        .trustManager(trust)
        .sessionCacheSize(SESSIONS)
        .build();
  }

  /**
   * For a connection to an upstream.
   *
   * @param http2 whether the upstream may choose HTTP/2 instead of HTTP/1.1
   */
  public SslContext context(boolean http2) {
    return http2 ? any : http11;
  }

  /** Whether everything that the other trusts is still trusted. */
  public boolean covers(TrustedRoots other) {
    return added.containsAll(other.added);
  }

  private static Set<Certificate> parse(String pem) {
    if (pem.isBlank()) {
      return Set.of();
    }
    try {
      Set<Certificate> certificates =
          Set.copyOf(
              CertificateFactory.getInstance("X.509")
                  .generateCertificates(
                      new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8))));
      if (certificates.isEmpty()) {
        throw new IllegalArgumentException("upstreamRoots holds no certificate");
      }
      return certificates;
    } catch (CertificateException e) {
      throw new IllegalArgumentException("upstreamRoots is not PEM of certificates");
    }
  }

  private static KeyStore all(Set<Certificate> added) throws GeneralSecurityException {
    return store(
        Stream.concat(accepted(factory(null)), added.stream()).collect(Collectors.toSet()));
  }

  private static KeyStore store(Set<? extends Certificate> roots) throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate root : roots) {
        store.setCertificateEntry("root-" + number++, root);
      }
      return store;
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static Stream<X509Certificate> accepted(TrustManagerFactory factory) {
    return Stream.of(factory.getTrustManagers())
        .filter(X509TrustManager.class::isInstance)
        .flatMap(manager -> Stream.of(((X509TrustManager) manager).getAcceptedIssuers()));
  }

  private static TrustManagerFactory factory(@Nullable KeyStore roots)
      throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(roots);
    return factory;
  }
}
