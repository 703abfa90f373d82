package dev.bottle.agent.image;

/**
 * What an image may be; beyond, it is {@code ImageTooLarge}.
 *
 * @param compressedBytes of all layers
 * @param unpackedBytes in whole blocks of the disk
 * @param entries files, directories, links
 * @param ratio of unpacked to compressed bytes of a layer
 */
public record ImageLimits(long compressedBytes, long unpackedBytes, long entries, long ratio) {
  /** Far above any image of a coding agent, far below what hurts a node. */
  public static final ImageLimits USUAL = new ImageLimits(8L << 30, 20L << 30, 500_000, 200);
}
