package dev.bottle.operator.render;

import dev.bottle.crd.json.Sha256;
import java.nio.charset.StandardCharsets;

/**
 * What a Pod with pipelock needs of it.
 *
 * @param image of the admin's choice
 * @param document pipelock.json
 * @param roots PEM that pipelock trusts beside its image's roots, or empty
 */
record Pipelock(String image, String document, String roots) {
  /** Keys of the policy ConfigMap. */
  static final String DOCUMENT = "pipelock.json";

  /** Certificates, there when the admin names some. */
  static final String ROOTS = "pipelock-roots.pem";

  /** Of what pipelock reads once, when it starts. */
  String hash() {
    return Sha256.hex((document + "\0" + roots).getBytes(StandardCharsets.UTF_8));
  }
}
