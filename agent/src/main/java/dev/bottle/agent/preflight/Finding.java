package dev.bottle.agent.preflight;

/**
 * Why a node may run no machine.
 *
 * @param message what was found; a program's own words may be in it
 * @param remedy one sentence for whoever runs the node
 */
public record Finding(Check check, String message, String remedy) {
  @Override
  public String toString() {
    return check + ": " + message.strip().replaceFirst("\\.$", "") + ". " + remedy;
  }
}
