package dev.bottle.agent.provision;

import dev.bottle.crd.json.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * The provision stream of docs/contracts.md: the same material gives the same bytes, so its digest
 * says what a guest holds.
 */
public final class GuestStream {
  private static final int PRIVATE_FILE = 0100600;
  private static final int FILE = 0100644;

  private final byte[] tar;

  /** Builds the whole stream in memory; the material is bounded by the volumes' caps. */
  public GuestStream(GuestMaterial material) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream out =
        new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name())) {
      out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      put(out, "guest.json", FILE, material.guestJson());
      put(out, "prompt.text", PRIVATE_FILE, material.prompt());
      put(out, "ca.pem", FILE, material.certificate());
      for (Map.Entry<String, Bytes> skill : material.skills().entrySet()) {
        put(out, "skills/" + skill.getKey(), FILE, skill.getValue());
      }
    }
    tar = bytes.toByteArray();
  }

  /** The whole tar, end-of-archive included. */
  public byte[] bytes() {
    return tar.clone();
  }

  /** {@code sha256:<hex>} of the whole tar. */
  public String digest() {
    return "sha256:" + Sha256.hex(tar);
  }

  private static void put(TarArchiveOutputStream out, String name, int mode, Bytes content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setMode(mode);
    entry.setIds(0, 0);
    entry.setUserName("");
    entry.setGroupName("");
    entry.setModTime(0L);
    entry.setSize(content.length());
    out.putArchiveEntry(entry);
    out.write(content.toArray());
    out.closeArchiveEntry();
  }
}
