package dev.bottle.bundle.gitgate;

/**
 * Values that look like secrets; written in two parts, so that no scanner of this source finds
 * them.
 */
final class Secrets {
  /** What AWS calls an access key id. */
  static final String AWS = "AKIA" + "Z7VRSQ5TJN2XYPLB";

  /** What GitHub calls a personal access token. */
  static final String GITHUB = "ghp_" + "x7Kq2mVt9RbLz4Wd8FhNc3JpYs6GaTe1UoQi";

  private Secrets() {}
}
