package dev.bottle.crd.guest;

/**
 * Text: in the guest files. Reference: a key that kubelet mounts and that may be missing. None: an
 * empty prompt.
 */
public enum PromptKind {
  Text,
  Reference,
  None
}
