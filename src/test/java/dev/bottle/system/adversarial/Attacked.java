package dev.bottle.system.adversarial;

import dev.bottle.crd.control.Denial;
import java.io.IOException;
import java.net.http.HttpClient;
import java.util.List;

/** A Bottle, by what its guest has and what its owner is told. */
interface Attacked {
  /** A new connection of the guest to its proxy. */
  Guest guest() throws IOException;

  /** An ordinary client of the guest. */
  HttpClient client() throws IOException;

  /** Every denial that was recorded, in order. */
  List<Denial> denials();
}
