package dev.bottle.bundle.authority;

/**
 * A new authority as it is written.
 *
 * @param certificatePem one {@code CERTIFICATE}
 * @param keyPem one {@code EC PRIVATE KEY}, secret
 */
public record IssuedAuthority(String certificatePem, String keyPem) {
  /** Without the key. */
  @Override
  public String toString() {
    return "IssuedAuthority[…]";
  }
}
