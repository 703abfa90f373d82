package dev.bottle.agent.host;

/** How the agent reaches the host's namespaces; the setting {@code HOST_NAMESPACES}. */
public enum HostNamespaces {
  /** By nsenter, from a privileged Pod with hostPID. */
  NSENTER,
  /** It is in them: the agent was started on the host itself. */
  NONE
}
