package dev.bottle.crd.policy;

/** Whether answers are searched for phrases that give orders to a model. */
public enum InjectionPatterns {
  /** They are not. */
  None,

  /** They are, and what is found is counted; nothing is ever refused or changed by it. */
  Observe
}
