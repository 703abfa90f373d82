package dev.bottle.agent.lease;

import dev.bottle.agent.preflight.Fitness;
import dev.bottle.crd.names.Names;
import java.util.Map;
import java.util.TreeMap;

/** What an agent's Lease says about its node: an agent may not write Nodes. */
public final class PreflightAnnotations {
  private static final int MESSAGE_CHARACTERS = 2000;

  private PreflightAnnotations() {}

  /** The annotations of a Lease. */
  public static Map<String, String> of(Fitness fitness) {
    Map<String, String> annotations = new TreeMap<>();
    annotations.put(Names.PREFLIGHT_ANNOTATION, fitness.word());
    annotations.put(Names.PREFLIGHT_MESSAGE_ANNOTATION, oneLine(fitness.message()));
    if (fitness instanceof Fitness.Fit fit) {
      annotations.put(Names.RUNTIME_VERSION_ANNOTATION, fit.runtime().word());
    }
    return annotations;
  }

  /** Programs' complaints are in it; the length and the lines of those are not ours. */
  private static String oneLine(String message) {
    String line = message.replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= MESSAGE_CHARACTERS ? line : line.substring(0, MESSAGE_CHARACTERS) + "…";
  }
}
