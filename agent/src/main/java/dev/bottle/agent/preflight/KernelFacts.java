package dev.bottle.agent.preflight;

/**
 * What {@code bottle-tool preflight} tried on the host. A text says why an attempt failed and is
 * empty when it succeeded.
 *
 * @param kernel its release
 * @param descriptors the hard RLIMIT_NOFILE that a machine can have
 * @param landlock the ABI version, 0 without Landlock
 */
public record KernelFacts(
    String kernel,
    String kvm,
    String cgroup,
    String namespaces,
    String mounts,
    String closeRange,
    long descriptors,
    int landlock) {}
