package dev.bottle.bundle.egress.refusal;

import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.json.StrictJson;

/**
 * Why something is not done.
 *
 * @param status of the HTTP answer
 * @param reason why, of the one list of reasons
 * @param rule one word, finer than the reason: which check it was
 * @param host what the guest asked for, as it wrote it; empty when it named none
 * @param port 0 when there was none
 */
public record Refusal(int status, Reason reason, String rule, String host, int port) {
  private record Body(String reason, String host, String rule, String remedy) {}

  /** By policy or because of what the guest sent; otherwise it is the upstream's or our fault. */
  public boolean isDenial() {
    return status < 500;
  }

  /** docs/contracts.md. */
  public byte[] body() {
    return StrictJson.write(new Body(reason.name(), printable(host), rule, reason.remedy()));
  }

  private static String printable(String host) {
    String cut = host.substring(0, Math.min(host.length(), 255));
    return cut.replaceAll("[^\\x21-\\x7e]", "?");
  }
}
