package dev.bottle.operator.decide;

import dev.bottle.crd.api.BottleSpec;
import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.api.Inspection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What this version builds. A field that it does not build is refused, never ignored. */
final class Support {
  /** What inspects in this version. */
  private static final Set<Inspection> INSPECTIONS = Set.of(Inspection.Builtin, Inspection.None);

  private Support() {}

  /** The fields of the spec that ask for more, as paths. */
  static List<String> missing(BottleSpec spec) {
    List<String> missing = new ArrayList<>();
    EgressSpec egress = spec.egress();
    if (egress != null
        && egress.inspection() != null
        && !INSPECTIONS.contains(egress.inspection())) {
      missing.add("spec.egress.inspection: " + egress.inspection());
    }
    if (spec.git() != null && spec.git().upstreams() != null && !spec.git().upstreams().isEmpty()) {
      missing.add("spec.git.upstreams");
    }
    if (spec.supervise() != null && spec.supervise().enabled()) {
      missing.add("spec.supervise.enabled");
    }
    return missing;
  }
}
