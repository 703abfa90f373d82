package dev.bottle.agent.seal;

/** Proves the seal of a running machine. */
@FunctionalInterface
public interface SealProver {
  /** Looks once at everything; never throws for what it finds. */
  SealOutcome prove(SealSubject subject) throws InterruptedException;
}
