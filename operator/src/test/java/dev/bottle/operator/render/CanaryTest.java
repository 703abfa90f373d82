package dev.bottle.operator.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Bottle;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class CanaryTest {
  @Property
  void everyBottleHasItsOwnAndAlwaysTheSame(@ForAll long one, @ForAll long other) {
    String first = Canary.of(bottle(one));

    assertThat(first).matches("btl_canary_[A-Za-z0-9]{32}").isEqualTo(Canary.of(bottle(one)));
    assertThat(first.equals(Canary.of(bottle(other)))).isEqualTo(one == other);
  }

  private static Bottle bottle(long uid) {
    Bottle bottle = new Bottle();
    bottle.setMetadata(new ObjectMetaBuilder().withUid(new UUID(0, uid).toString()).build());
    return bottle;
  }
}
