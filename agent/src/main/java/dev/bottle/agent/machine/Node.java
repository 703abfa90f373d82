package dev.bottle.agent.machine;

import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.host.SocketBinds;
import dev.bottle.agent.image.ImageStore;
import dev.bottle.agent.preflight.Fitness;
import dev.bottle.agent.provision.Provisioner;
import dev.bottle.agent.report.EventRecorder;
import dev.bottle.agent.seal.Nonces;
import dev.bottle.agent.seal.SealProver;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.volume.VolumeWatch;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.function.Supplier;

/** What every reconciler of this node works with. */
public record Node(
    NodePaths paths,
    MachineRuntime runtime,
    Supplier<Fitness> fitness,
    ProcessTable processes,
    SocketBinds binds,
    ImageStore images,
    Journal journal,
    Provisioner provisioner,
    SealProver seals,
    Nonces nonces,
    VolumeWatch watch,
    EventRecorder events,
    MeterRegistry meters,
    Clock clock) {}
