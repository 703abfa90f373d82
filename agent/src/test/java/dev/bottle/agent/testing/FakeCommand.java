package dev.bottle.agent.testing;

import dev.bottle.agent.host.RunningCommand;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** A program that a test plays. */
public final class FakeCommand implements RunningCommand {
  private static final int KILLED = 137;

  private final PipedInputStream typed = new PipedInputStream(65_536);
  private final PipedOutputStream stdin = new PipedOutputStream();
  private final PipedInputStream stdout = new PipedInputStream(65_536);
  private final PipedInputStream stderr = new PipedInputStream(65_536);
  private final PipedOutputStream out = new PipedOutputStream();
  private final PipedOutputStream err = new PipedOutputStream();
  private final CompletableFuture<Integer> code = new CompletableFuture<>();
  private final AtomicInteger kills = new AtomicInteger();

  /** It runs until it exits or is killed. */
  public FakeCommand() {
    try {
      stdin.connect(typed);
      out.connect(stdout);
      err.connect(stderr);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What it was given to read. */
  public InputStream typed() {
    return typed;
  }

  /** What it prints goes there. */
  public OutputStream out() {
    return out;
  }

  /** Its complaints. */
  public OutputStream err() {
    return err;
  }

  /** It exits. */
  public void exit(int exitCode) {
    try {
      out.close();
      err.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    code.complete(exitCode);
  }

  /** How often it was killed. */
  public int kills() {
    return kills.get();
  }

  /** Whether it has ended. */
  public boolean ended() {
    return code.isDone();
  }

  @Override
  public OutputStream stdin() {
    return stdin;
  }

  @Override
  public InputStream stdout() {
    return stdout;
  }

  @Override
  public InputStream stderr() {
    return stderr;
  }

  @Override
  public int await() throws InterruptedException {
    try {
      return code.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void kill() {
    kills.incrementAndGet();
    if (!code.isDone()) {
      exit(KILLED);
    }
  }
}
