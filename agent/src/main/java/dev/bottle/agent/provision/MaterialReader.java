package dev.bottle.agent.provision;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.volume.PodVolume;
import dev.bottle.agent.volume.PodVolumes;
import dev.bottle.agent.volume.UntrustedVolumeException;
import dev.bottle.agent.volume.VolumeKind;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.guest.GuestFiles;
import dev.bottle.crd.guest.PromptKind;
import dev.bottle.crd.json.MalformedDocumentException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Reads a Pod's volumes {@code guest}, {@code skill-*} and {@code trust}. */
public final class MaterialReader {
  private static final String GUEST_JSON = "guest.json";
  private static final String PROMPT = "prompt.text";
  private static final String CERTIFICATE = "egress-ca.pem";

  private final PodVolumes volumes;

  /** Reads that Pod's volumes. */
  public MaterialReader(PodVolumes volumes) {
    this.volumes = volumes;
  }

  /** Reads everything anew; never throws for what a person or kubelet can still mend. */
  public MaterialResult read() {
    try {
      return readAll();
    } catch (NoSuchFileException e) {
      return new MaterialResult.Incomplete(
          Reason.WaitingForVolume, "kubelet has not mounted " + e.getFile());
    } catch (UntrustedVolumeException e) {
      return new MaterialResult.Incomplete(Reason.UntrustedVolume, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new MaterialResult.Incomplete(
          Reason.ProvisioningFailed, "reading the Pod's volumes: " + e);
    }
  }

  /** The directories whose change is worth another look; only those that exist. */
  public List<Path> watched() {
    List<PodVolume> all = new ArrayList<>(List.of(guest(), trust()));
    try {
      Optional<byte[]> guestJson = guest().read(GUEST_JSON, Optional.empty());
      if (guestJson.isPresent()) {
        parse(guestJson.get()).skills().forEach(skill -> all.add(skill(skill)));
      }
    } catch (IOException notYet) {
      // then only what is known is watched
    }
    return all.stream().filter(PodVolume::exists).map(PodVolume::path).toList();
  }

  private MaterialResult readAll() throws IOException {
    NavigableMap<String, byte[]> guest = guest().readAll(Optional.empty());
    byte[] guestJson = guest.get(GUEST_JSON);
    if (guestJson == null) {
      return new MaterialResult.Incomplete(Reason.WaitingForVolume, GUEST_JSON + " is not there");
    }
    GuestFiles files = parse(guestJson);
    byte[] prompt = guest.get(PROMPT);
    if (prompt == null && files.prompt() != PromptKind.None) {
      return files.prompt() == PromptKind.Reference
          ? new MaterialResult.Incomplete(
              Reason.PromptMissing, "the key that spec.agent.prompt names does not exist")
          : new MaterialResult.Incomplete(Reason.WaitingForVolume, PROMPT + " is not there");
    }
    NavigableMap<String, Bytes> skills = new TreeMap<>();
    for (String skill : files.skills()) {
      NavigableMap<String, byte[]> content = skill(skill).readAll(Optional.empty());
      if (content.isEmpty()) {
        return new MaterialResult.Incomplete(
            Reason.SkillMissing, "the ConfigMap of skill " + skill + " does not exist or is empty");
      }
      content.forEach((file, bytes) -> skills.put(skill + "/" + file, new Bytes(bytes)));
    }
    Optional<byte[]> certificate = trust().read(CERTIFICATE, Optional.of(Daemon.EGRESS.user()));
    if (certificate.isEmpty()) {
      return new MaterialResult.Incomplete(
          Reason.WaitingForVolume, "tls-init has not written the certificate that guests trust");
    }
    byte[] text = prompt == null || files.prompt() == PromptKind.None ? new byte[0] : prompt;
    byte[] inline = files.prompt() == PromptKind.Text ? text : new byte[0];
    return new MaterialResult.Complete(
        new GuestMaterial(
            GuestFiles.hash(guestJson, inline),
            new Bytes(guestJson),
            new Bytes(text),
            new Bytes(certificate.get()),
            skills));
  }

  private PodVolume guest() {
    return volumes.volume(VolumeKind.Projected, "guest");
  }

  private PodVolume trust() {
    return volumes.volume(VolumeKind.EmptyDir, "trust");
  }

  private PodVolume skill(String name) {
    return volumes.volume(VolumeKind.ConfigMap, "skill-" + name);
  }

  private static GuestFiles parse(byte[] guestJson) throws IOException {
    try {
      return GuestFiles.parse(guestJson);
    } catch (MalformedDocumentException e) {
      throw new IOException(
          "the operator wrote a guest.json that is not one: " + e.getMessage(), e);
    }
  }
}
