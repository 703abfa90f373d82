package dev.bottle.operator.reconcile;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.Placement;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reconciles Bottles because of something that no Bottle owns. Before the controller runs it does
 * nothing: every Bottle is reconciled then anyway.
 */
public final class BottleTrigger {
  private static final String BY_NODE = "by-node";

  private final SimpleInboundEventSource<Bottle> source =
      new SimpleInboundEventSource<>("cluster-changes");
  private volatile @Nullable IndexerResourceCache<Bottle> bottles;

  /** Bottles placed on this node are reconciled. */
  public void node(String name) {
    IndexerResourceCache<Bottle> cache = bottles;
    if (cache != null && source.isRunning()) {
      cache.byIndex(BY_NODE, name).forEach(this::trigger);
    }
  }

  /** Every Bottle is reconciled. */
  public void all() {
    IndexerResourceCache<Bottle> cache = bottles;
    if (cache != null && source.isRunning()) {
      cache.list().forEach(this::trigger);
    }
  }

  SimpleInboundEventSource<Bottle> source(EventSourceContext<Bottle> context) {
    IndexerResourceCache<Bottle> cache = context.getPrimaryCache();
    cache.addIndexer(BY_NODE, BottleTrigger::node);
    bottles = cache;
    return source;
  }

  private void trigger(Bottle bottle) {
    source.propagateEvent(ResourceID.fromResource(bottle));
  }

  private static List<String> node(Bottle bottle) {
    Placement placement = bottle.getStatus() == null ? null : bottle.getStatus().placement();
    return placement == null ? List.of() : List.of(placement.nodeName());
  }
}
