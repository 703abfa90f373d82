package dev.bottle.agent.machine;

import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineSize;
import java.util.Optional;

/** From wish and view to the next decision. Pure: the whole policy of the agent is here. */
public final class Decide {
  private Decide() {}

  /** One step; after it has been done, a new view is decided on. */
  public static Decision next(Wish wish, View view) {
    return switch (wish) {
      case Wish.Remove remove -> remove(view);
      case Wish.Rest rest -> rest(rest, view);
      case Wish.Run run -> run(run, view);
    };
  }

  private static Decision remove(View view) {
    if (view.runtimeVersion().isEmpty()) {
      return new Decision.NoRuntime(); // whether a machine exists is not known
    }
    if (view.alive()) {
      return new Decision.Stop("the Bottle is gone from this node");
    }
    if (view.machine().isPresent()) {
      return new Decision.Delete("the Bottle is gone from this node");
    }
    if (view.untold()) {
      return new Decision.AwaitPodEnd(true);
    }
    return view.anyBound() ? new Decision.Unbind() : new Decision.Gone();
  }

  private static Decision rest(Wish.Rest wish, View view) {
    if (view.alive()) {
      return new Decision.Stop(wish.message());
    }
    if (view.runtimeVersion().isEmpty()) {
      return new Decision.NoRuntime(); // it may run: nobody may be told that it is stopped
    }
    if (wish.pod().isEmpty() && view.untold()) {
      return new Decision.AwaitPodEnd(false);
    }
    if (wish.pod().isEmpty()) {
      return view.anyBound() ? new Decision.Unbind() : new Decision.Rest();
    }
    // The Pod's gate is served although the machine rests: it tells why, and its end is awaited.
    if (!view.volumes()) {
      return new Decision.Rest();
    }
    return links(view).orElseGet(Decision.Rest::new);
  }

  private static Decision run(Wish.Run wish, View view) {
    Optional<Block> block = view.block().filter(found -> found.holds(wish));
    if (view.alive()) {
      return running(wish, view, block);
    }
    if (view.runtimeVersion().isEmpty()) {
      return new Decision.NoRuntime();
    }
    if (!view.volumes()) {
      return new Decision.AwaitVolumes();
    }
    Optional<Decision> links = links(view);
    if (links.isPresent()) {
      return links.get();
    }
    if (block.isPresent()) {
      return new Decision.Held(block.get());
    }
    if (view.unfit().isPresent()) {
      return new Decision.NodeUnfit(view.unfit().get());
    }
    return view.machine().map(machine -> stopped(wish, machine)).orElseGet(() -> absent(view));
  }

  private static Decision running(Wish.Run wish, View view, Optional<Block> block) {
    if (!view.startedFor().equals(Optional.of(wish.pod()))) {
      return new Decision.Stop("the Pod that it ran for is not current");
    }
    if (view.machine()
        .flatMap(MachineRecord::labels)
        .filter(l -> l.epoch() == wish.epoch())
        .isEmpty()) {
      return new Decision.Stop("it belongs to an earlier placement");
    }
    if (block.isPresent()) {
      return new Decision.Stop(block.get().message());
    }
    if (view.silent()) {
      return new Decision.Stop("it did not answer");
    }
    Optional<Decision> links = view.volumes() ? links(view) : Optional.empty();
    if (links.isPresent()) {
      return links.get();
    }
    if (!view.running()) {
      return new Decision.AwaitAnswer();
    }
    if (view.provisioning() == View.Work.Due) {
      return new Decision.Provision();
    }
    return switch (view.seal()) {
      case Due, Renew -> new Decision.ProveSeal();
      case Current, NotNow -> new Decision.Settled();
    };
  }

  private static Decision stopped(Wish.Run wish, MachineRecord machine) {
    Optional<MachineLabels> labels = machine.labels();
    if (labels.filter(found -> found.epoch() == wish.epoch()).isEmpty()) {
      return new Decision.Delete("it belongs to an earlier placement");
    }
    if (labels.filter(found -> found.shape().equals(wish.shape())).isEmpty()) {
      return new Decision.Delete("its image or its doors changed");
    }
    MachineSize size = grown(machine.size(), wish.size());
    return size.equals(machine.size()) ? new Decision.Start() : new Decision.Resize(size);
  }

  /** A disk never shrinks: that would take the person's files. */
  private static MachineSize grown(MachineSize now, MachineSize wished) {
    return new MachineSize(
        wished.cpus(), wished.memoryMiB(), Math.max(now.diskGiB(), wished.diskGiB()));
  }

  private static Decision absent(View view) {
    return switch (view.image()) {
      case View.Image.Unknown unknown -> new Decision.Pull();
      case View.Image.Pulling pulling -> new Decision.AwaitImage();
      case View.Image.Ready ready -> new Decision.Create(ready.digest());
    };
  }

  private static Optional<Decision> links(View view) {
    if (!view.bound()) {
      return Optional.of(new Decision.Bind());
    }
    return view.linked() ? Optional.empty() : Optional.of(new Decision.Link());
  }
}
