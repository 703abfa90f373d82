package dev.bottle.agent.provision;

import java.util.NavigableMap;

/**
 * Everything that goes into the guest, as read from the Pod's volumes.
 *
 * @param guestHash as docs/contracts.md defines it: guest.json, a NUL, the inline prompt
 * @param prompt empty when there is none
 * @param skills file contents by {@code <skill>/<file>}
 */
public record GuestMaterial(
    String guestHash,
    Bytes guestJson,
    Bytes prompt,
    Bytes certificate,
    NavigableMap<String, Bytes> skills) {

  /** The same, never printed: a prompt may be private. */
  @Override
  public String toString() {
    return "GuestMaterial[" + guestHash + ", " + skills.size() + " skill files]";
  }
}
