package dev.bottle.operator.decide;

import dev.bottle.crd.api.BottleSpec;
import java.util.ArrayList;
import java.util.List;

/** What this version builds. A field that it does not build is refused, never ignored. */
final class Support {
  private Support() {}

  /** The fields of the spec that ask for more, as paths. */
  static List<String> missing(BottleSpec spec) {
    List<String> missing = new ArrayList<>();
    if (spec.supervise() != null && spec.supervise().enabled()) {
      missing.add("spec.supervise.enabled");
    }
    return missing;
  }
}
