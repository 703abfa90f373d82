package dev.bottle.agent.control;

import dev.bottle.crd.control.Decision;
import java.util.List;
import java.util.Set;

/**
 * What is to be said to a daemon: all of it on each new connection, and from then on what is new.
 * As long as what it is given. Safe for threads.
 */
public final class Outbox {
  private List<Decision> all = List.of();

  /** These, in place of those before; what was said stays said. */
  public synchronized void say(List<Decision> decisions) {
    if (!all.equals(decisions)) {
      all = List.copyOf(decisions);
      notifyAll();
    }
  }

  /**
   * Those that are not among these; waits until there are some.
   *
   * @param said forgets what is not to be said any more, so that it is never longer than the rest
   */
  synchronized List<Decision> await(Set<Decision> said) throws InterruptedException {
    while (true) {
      said.retainAll(all);
      List<Decision> next = all.stream().filter(decision -> !said.contains(decision)).toList();
      if (!next.isEmpty()) {
        return next;
      }
      wait();
    }
  }
}
