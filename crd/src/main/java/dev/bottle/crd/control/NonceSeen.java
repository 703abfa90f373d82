package dev.bottle.crd.control;

/** The guest reached this daemon through its door with this nonce. */
public record NonceSeen(String daemon, String nonce) implements ControlMessage {}
