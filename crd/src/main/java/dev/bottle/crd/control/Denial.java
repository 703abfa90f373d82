package dev.bottle.crd.control;

/** A refused request. */
public record Denial(String daemon, String host, int port, String rule) implements ControlMessage {}
