package dev.bottle.agent.image;

/**
 * What a registry says that a reference is, to the credentials with which it was asked.
 *
 * @param repository {@code host/path}, normalised
 * @param digest {@code sha256:<hex>} of the manifest for this platform
 * @param compressedBytes of all layers, as the manifest says
 */
public record ResolvedImage(String repository, String digest, long compressedBytes) {
  /** The reference that cannot come to mean anything else. */
  String pinned() {
    return repository + "@" + digest;
  }
}
