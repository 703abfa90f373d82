package dev.bottle.operator.render;

/**
 * The image of the bundle's daemons.
 *
 * @param reference an OCI reference, by digest where upgrades are to be deliberate
 */
public record BundleImage(String reference) {}
