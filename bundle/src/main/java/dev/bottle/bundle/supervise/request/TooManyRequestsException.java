package dev.bottle.bundle.supervise.request;

/** A request that is not taken now; the message says what to do. */
public final class TooManyRequestsException extends Exception {
  private static final long serialVersionUID = 1L;

  TooManyRequestsException(String message) {
    super(message);
  }
}
