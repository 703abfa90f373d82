/**
 * The guest's side until a request flows: the door socket, CONNECT, and the intercepted TLS
 * handshake.
 */
@NullMarked
package dev.bottle.bundle.egress.door;

import org.jspecify.annotations.NullMarked;
