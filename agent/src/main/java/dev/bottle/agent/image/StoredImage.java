package dev.bottle.agent.image;

import java.nio.file.Path;

/**
 * An unpacked image.
 *
 * @param digest {@code sha256:<hex>} of the manifest for this platform
 */
public record StoredImage(String digest, Path rootfs) {}
