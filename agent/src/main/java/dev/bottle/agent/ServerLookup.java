package dev.bottle.agent;

import dev.bottle.agent.machine.BottleLookup;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.crd.api.Bottle;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;

/** Asks by GET, or by LIST when only the UID is known. Neither is answered from a watch cache. */
final class ServerLookup implements BottleLookup {
  private final KubernetesClient client;

  ServerLookup(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public Optional<Bottle> ask(BottleRef bottle) {
    if (bottle.name().isEmpty()) {
      return client.resources(Bottle.class).inAnyNamespace().list().getItems().stream()
          .filter(found -> bottle.uid().equals(found.getMetadata().getUid()))
          .findFirst();
    }
    return Optional.ofNullable(
            client
                .resources(Bottle.class)
                .inNamespace(bottle.namespace())
                .withName(bottle.name())
                .get())
        .filter(found -> bottle.uid().equals(found.getMetadata().getUid()));
  }
}
