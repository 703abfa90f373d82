package dev.bottle.agent.provision;

import java.util.Arrays;

/** Immutable bytes with value equality. */
public final class Bytes {
  private final byte[] content;

  /** Copies the array. */
  public Bytes(byte[] content) {
    this.content = content.clone();
  }

  /** A copy. */
  public byte[] toArray() {
    return content.clone();
  }

  /** How many. */
  public int length() {
    return content.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(content, that.content);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(content);
  }

  @Override
  public String toString() {
    return content.length + " bytes";
  }
}
