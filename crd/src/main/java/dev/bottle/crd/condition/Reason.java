package dev.bottle.crd.condition;

/**
 * The single list of reasons: a condition's reason, an Event's reason, a metric's label and the
 * reason in a refusal. Each states its cause and its remedy; docs/reasons.md has a section for
 * each.
 */
public enum Reason {
  Ready("Every condition holds for the current Pod, policy and boot.", "None is needed."),
  Reconciling(
      "Something changed and the proof is being renewed.",
      "Wait; if it lasts for minutes, read the other conditions."),
  Stopped("spec.running is false.", "Set spec.running to true to start the machine with its disk."),
  Terminating(
      "The Bottle is being deleted; its machine is stopped first.",
      "Wait; if it lasts, see DeletionBlocked."),
  DeletionBlocked(
      "The node agent has not confirmed that the machine is gone.",
      "Bring the node back, or annotate the Bottle with bottle.dev/force-release=<node> when you"
          + " know that the machine is gone."),
  NodeGone(
      "The node of the machine was deleted or replaced while the machine may still run.",
      "Bring the node back, or annotate the Bottle with bottle.dev/force-release=<node> when you"
          + " know that the machine is gone."),
  InspectionRequired(
      "spec.egress.inspection is None, and no cluster admin allows that.",
      "Remove spec.egress.inspection, or have a cluster admin set allowUninspected: true in the"
          + " ConfigMap bottle-admin."),
  PipelockImageMissing(
      "spec.egress.inspection is Pipelock, and no cluster admin names its image.",
      "Have a cluster admin set pipelockImage in the ConfigMap bottle-admin, or choose Builtin."),
  PipelockConfigInvalid(
      "Pipelock would not keep to what this Bottle, or the ConfigMap bottle-admin, says.",
      "Do what the message says, or choose spec.egress.inspection: Builtin."),
  CanaryTripped(
      "The guest tried to send the Bottle's canary, which nobody has a reason to send.",
      "Treat it as an attempt to carry data out: read the logs of egress and what the agent did;"
          + " a Bottle that is made anew starts without the mark."),
  AdminConfigInvalid(
      "The ConfigMap bottle-admin in bottle-system cannot be used.",
      "A cluster admin corrects the named entry of config.yaml."),
  ApplyRefused(
      "The API server refused an object of this Bottle.",
      "Read the message: a quota, an admission policy or a missing permission; mend it and it is"
          + " tried again."),
  NameTaken(
      "An object with the name that this Bottle needs exists and does not belong to it.",
      "Delete or rename the named object."),
  Rendered("Policy, guest files, NetworkPolicy and Pod are applied.", "None is needed."),
  WaitingForPod(
      "The bundle Pod does not exist or has no node yet.", "Wait; read the Pod's Events."),
  Unschedulable(
      "No node can take the bundle Pod.",
      "Free resources, or label a fit node with bottle.dev/machines=true; the message is the"
          + " scheduler's. Insufficient bottle.dev/machine: every labelled node is full, unfit or"
          + " without a live agent; the Leases in bottle-system say which and why."),
  ImagePullFailed(
      "A container image of the bundle cannot be pulled.",
      "Correct the operator's BUNDLE_IMAGE, pipelockImage in bottle-admin, or the cluster's access"
          + " to them; the message is kubelet's."),
  PodFailed("The bundle Pod failed or was evicted.", "Read the message; the Pod is created again."),
  WaitingForTLSInit(
      "The init container that makes the certificate authority has not finished.",
      "Wait; if it lasts, read kubectl logs <pod> -c tls-init."),
  TLSInitFailed(
      "The init container that makes the certificate authority failed.",
      "Read kubectl logs <pod> -c tls-init."),
  CertificatesIssued("The certificate authorities of this Pod exist.", "None is needed."),
  WaitingForDaemons(
      "Not every daemon reported that it serves.",
      "Wait; if it lasts, read kubectl logs <pod> of the named daemon."),
  PolicyPending(
      "A daemon still serves the former policy.",
      "Wait; kubelet delivers the policy within seconds."),
  PolicyInvalid(
      "A daemon refused the policy and keeps the last good one.",
      "Report it: the operator rendered a policy that the daemon cannot read."),
  DaemonsReady("Every daemon serves the current policy.", "None is needed."),
  CredentialsPresent(
      "Every route of spec.egress.routes has its credential in the current bundle Pod.",
      "None is needed."),
  AgentLeaseFresh("The node agent renews its Lease.", "None is needed."),
  AgentUnreachable(
      "The node agent has not renewed its Lease; the machine may still run.",
      "Look at the node and at the bottle-agent Pod on it."),
  NotPlaced("The Bottle has no node yet.", "Wait; read the Prepared and BundleReady conditions."),
  ImagePulling("The node agent pulls and unpacks the guest image.", "Wait."),
  ImageNotFound(
      "The guest image does not exist or may not be pulled.",
      "Correct spec.image or spec.imagePullSecrets."),
  ImageInvalid(
      "The guest image cannot be unpacked.",
      "Correct the image; the message says what is wrong with it."),
  ImageTooLarge(
      "The guest image is larger than a node takes, or pretends to be.",
      "Make the image smaller; the message names the limit."),
  RegistryRefused(
      "The image's registry, or where it refers to, is at a loopback, link-local or metadata"
          + " address, or would get a pull Secret in clear text.",
      "Correct spec.image, or let a cluster admin name the registry in bottle-admin."),
  ImageStoreUnsafe(
      "The node's image store is not mounted read-only, nodev and nosuid for machines.",
      "A cluster admin reads the log of the bottle-agent Pod on that node and mends its mounts."),
  RuntimeMissing(
      "The node has no usable machine runtime.",
      "A cluster admin installs smolvm on the node or removes the label bottle.dev/machines."),
  NodeUnfit(
      "The node's preflight found that it cannot run a machine.",
      "A cluster admin does what the message says; the preflight is repeated every ten minutes and"
          + " when the runtime changes."),
  MachineStarting("The machine is being created or started.", "Wait."),
  MachineRunning("The machine runs.", "None is needed."),
  MachineStopped(
      "The machine is stopped; its disk is kept.",
      "None, if that was asked for; otherwise it is started again."),
  MachineStartFailed("The machine did not start.", "Read the message; it is tried again."),
  MachineUnreachable(
      "The machine's process lives but does not answer.",
      "Wait: it may be busy; after a minute it is restarted."),
  MachineNotRunning(
      "There is no running machine to run a command in.",
      "Wait for Booted, or set spec.running to true."),
  TooManySessions(
      "As many commands run in the machine as it can take.",
      "Wait until one of them ends, or end one."),
  DiskFull("The node's disk is full.", "Free space on the node."),
  WaitingForVolume(
      "kubelet has not mounted a volume of the bundle Pod yet.", "Wait; read the Pod's Events."),
  UntrustedVolume(
      "A Pod volume holds what a daemon of ours never writes: a link, a device, a foreign owner or"
          + " too much.",
      "Delete the Bottle's Pod; if it returns, somebody tampers with it."),
  PromptMissing(
      "The key that spec.agent.prompt names does not exist.",
      "Create the named ConfigMap or Secret with the named key."),
  SkillMissing(
      "The ConfigMap of a skill does not exist or is empty.", "Create the named ConfigMap."),
  UserNotFound(
      "The guest image has no such user.",
      "Correct spec.agent.user, or add the user to the image."),
  Provisioning("The guest files are being written.", "Wait."),
  ProvisioningFailed(
      "The guest files could not be written.", "Read the message; it is tried again."),
  GuestProvisioned("The guest holds exactly the current guest files.", "None is needed."),
  SealPending("The seal is being proven.", "Wait."),
  SealProven("Host facts and guest probes show no way out but the bundle.", "None is needed."),
  ProbeLeaked(
      "A probe got out, or may have; the machine was stopped.",
      "Treat the guest's secrets and network as exposed, read the probe, and report it; delete the"
          + " Bottle to clear it."),
  ProbeFailed(
      "A probe did not finish; the seal is not proven.",
      "Wait; it is tried again. The message names the probe."),
  HostFactMismatch(
      "The machine's process is not caged as it must be; the machine was stopped.",
      "Report it with the message."),
  DecisionNeeded(
      "The agent asks for something that only a person may allow.",
      "Read the BottleApproval, whose words are the agent's, and set its decision."),
  DecisionApplied(
      "A person's decision about a request of the agent took effect.",
      "None is needed; delete the BottleApproval to end what it allows."),
  GrantEnded(
      "What a person allowed for a while has come to the end of its time.",
      "None is needed: the agent may ask again; for good, add the host to spec.egress.allow."),
  RequestExpired(
      "Nobody decided about a request of the agent in time.", "None: the agent may ask again."),
  RequestWithdrawn(
      "A request of the agent had ended before a person decided.",
      "Let the agent ask again; if its request is open after all, delete the BottleApproval, which"
          + " is then made anew."),
  DecisionTooLate(
      "A person decided about a request of the agent after it had expired.",
      "Let the agent ask again."),
  DecisionNotOfRequest(
      "A decision is about something other than what the agent asks for.",
      "Delete the BottleApproval; it is made anew while the agent asks."),
  TooManyGrants(
      "As many grants are active as a Bottle may have.",
      "Delete a BottleApproval whose grant is no longer needed, then this one, which is made anew"
          + " while the agent asks; or add the host to spec.egress.allow."),
  HostNotAllowed(
      "The guest asked for a host that the policy does not allow.",
      "Add the host to spec.egress.allow; a supervised agent can ask for it with request_egress."),
  PortNotAllowed("The guest asked for a port other than 443.", "Use HTTPS on port 443."),
  AddressRefused(
      "A host resolved to a private, loopback, link-local, metadata or cluster address.",
      "A cluster admin may name private destinations in bottle-admin."),
  HostMismatch(
      "The TLS server name or the Host header differs from the host of CONNECT.",
      "Let the client use one host name throughout."),
  TooManyTunnels(
      "The guest holds as many connections as egress takes.",
      "Close idle connections, or run fewer clients at once."),
  RequestMalformed("The request is ambiguous or is not HTTP/1.1.", "Correct the client."),
  RequestTimeout(
      "The guest began a request and did not end its head in time.",
      "Let the client send the head of a request at once."),
  ContentCodingUnsupported(
      "The inspection cannot undo the content coding of the request's body.",
      "Send the body as it is, or in gzip or deflate."),
  DecompressionBomb(
      "The request's body decompresses to far more than it is, which exhausts who reads it.",
      "Send the body as it is."),
  SecretMissing(
      "The Secret or key that holds the credential of a route does not exist or is empty.",
      "Create the named Secret with the named key; it is read within 90 seconds."),
  RequestNotAllowed(
      "The guest asked for a path, a method or a WebSocket that no route names.",
      "Add it to a route in spec.egress.routes, or the host to spec.egress.allow."),
  SecretInPush(
      "git-gate found a secret in a push of the guest and refused it.",
      "Read status.git for the rule and the file; let the agent take the secret out of its history,"
          + " and replace it where it is in use."),
  PushNotScanned(
      "The guest sent a push, or an API call that writes to a repository, past git-gate.",
      "Name the repository in spec.git.upstreams and push to it by its url; an API that writes"
          + " passes where a route of spec.egress.routes names its paths."),
  SecretFound(
      "The inspection found a credential in what the guest sent.",
      "Keep the credential out of the request; egress sets credentials for the hosts of"
          + " spec.egress.routes."),
  CanaryFound(
      "The inspection found the Bottle's canary in what the guest sent.",
      "Treat it as an attempt to carry data out: read what the agent did before you let it go on."),
  ResponseTooLarge(
      "The body of a response is longer than spec.egress.responses.maxSize.",
      "Ask for less at a time, or raise spec.egress.responses.maxSize."),
  ResponseTypeNotAllowed(
      "A response has no media type, or none that spec.egress.responses.contentTypes names.",
      "Add the type to spec.egress.responses.contentTypes."),
  PipelockRefused(
      "Pipelock found what must not leave, or cannot inspect the request or its response.",
      "Send less at a time and no credentials; the log of the container pipelock says which rule it"
          + " was. Responses above 2 MiB and compressed bodies are refused always."),
  PipelockUnavailable(
      "Pipelock does not serve, and nothing leaves the guest without it.",
      "Wait: its container is started again. If it lasts, read kubectl logs <pod> -c pipelock."),
  UpstreamFailed(
      "The upstream could not be resolved, reached or verified.",
      "Check the host and its certificate.");

  private final String cause;
  private final String remedy;

  Reason(String cause, String remedy) {
    this.cause = cause;
    this.remedy = remedy;
  }

  /** Why a person sees this, one sentence. */
  public String cause() {
    return cause;
  }

  /** What to do about it, one sentence. */
  public String remedy() {
    return remedy;
  }
}
