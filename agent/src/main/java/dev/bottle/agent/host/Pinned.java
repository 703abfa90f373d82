package dev.bottle.agent.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;

/**
 * One object of a filesystem that somebody else may write, held by an O_PATH descriptor: what is
 * looked at through {@link #path} is what is read later, whatever the name has come to mean.
 * Opening it by name cannot block on a FIFO and has no effect on a device, because it does not open
 * the object (open(2), O_PATH).
 *
 * <p>The JDK can neither open without blocking nor look at an open file, so this calls openat2(2)
 * itself; the kernel then refuses links and ways out in every component (ADR 0020).
 */
public final class Pinned implements AutoCloseable {
  private static final long OPENAT2 = 437; // the same on every architecture
  private static final int AT_FDCWD = -100;
  private static final long O_PATH = 0x200000;
  private static final long O_CLOEXEC = 0x80000;
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_NO_SYMLINKS = 0x04;
  private static final long RESOLVE_BENEATH = 0x08;
  private static final int ENOENT = 2;
  private static final int EXDEV = 18;
  private static final int ENOTDIR = 20;
  private static final int ELOOP = 40;

  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int REGULAR = 0100000;
  private static final int SOCKET = 0140000;

  private static final MemoryLayout ERRNO_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      ERRNO_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle SYSCALL = syscall();
  private static final MethodHandle CLOSE = close1();

  private final int descriptor;

  private Pinned(int descriptor) {
    this.descriptor = descriptor;
  }

  /** What stat(2) says of the object. */
  public record Facts(int mode, int uid, int links, long size) {
    /** Whether it is a directory. */
    public boolean isDirectory() {
      return (mode & TYPE) == DIRECTORY;
    }

    /** Whether it is a regular file. */
    public boolean isRegularFile() {
      return (mode & TYPE) == REGULAR;
    }

    /** Whether it is a socket. */
    public boolean isSocket() {
      return (mode & TYPE) == SOCKET;
    }
  }

  /**
   * A path that nobody but root can change; links in it are followed.
   *
   * @throws NoSuchFileException when it does not exist
   */
  public static Pinned trusted(Path path) throws IOException {
    return open(AT_FDCWD, path.toAbsolutePath().toString(), RESOLVE_NO_MAGICLINKS);
  }

  /**
   * What has this path below this directory now.
   *
   * @throws NoSuchFileException when it does not exist
   * @throws NotDirectoryException when a component before the last is no directory
   * @throws LinkException when any component is a link, or the path leads out
   */
  public Pinned below(String path) throws IOException {
    return open(descriptor, path, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  }

  /** A path to exactly this object, until close. */
  public Path path() {
    return Path.of("/proc/self/fd/" + descriptor);
  }

  /** Looks at it. */
  public Facts facts() throws IOException {
    Map<String, Object> facts = Files.readAttributes(path(), "unix:mode,uid,nlink,size");
    return new Facts(
        number(facts, "mode").intValue(),
        number(facts, "uid").intValue(),
        number(facts, "nlink").intValue(),
        number(facts, "size").longValue());
  }

  private static Number number(Map<String, Object> facts, String name) throws IOException {
    if (facts.get(name) instanceof Number number) {
      return number;
    }
    throw new IOException("the JDK does not tell a file's " + name);
  }

  private static Pinned open(int directory, String path, long resolve) throws IOException {
    if (path.indexOf('\0') >= 0) {
      throw new NoSuchFileException("a path with a NUL");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(ValueLayout.JAVA_LONG, 3); // struct open_how
      how.setAtIndex(ValueLayout.JAVA_LONG, 0, O_PATH | O_CLOEXEC);
      how.setAtIndex(ValueLayout.JAVA_LONG, 2, resolve);
      MemorySegment state = arena.allocate(ERRNO_STATE);
      MemorySegment name = arena.allocateFrom(path);
      long result =
          (long) SYSCALL.invokeExact(state, OPENAT2, directory, name, how, how.byteSize());
      if (result >= 0) {
        return new Pinned((int) result);
      }
      throw failure(path, (int) ERRNO.get(state, 0L));
    } catch (IOException e) {
      throw e;
    } catch (Throwable impossible) {
      throw new LinkageError("openat2(2) could not be called", impossible);
    }
  }

  private static IOException failure(String path, int errno) {
    return switch (errno) {
      case ENOENT -> new NoSuchFileException(path);
      case ENOTDIR -> new NotDirectoryException(path);
      case ELOOP, EXDEV -> new LinkException(path);
      default -> new FileSystemException(path, null, "errno " + errno);
    };
  }

  /** Once. */
  @Override
  public void close() {
    try {
      var _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable impossible) {
      throw new LinkageError("close(2) could not be called", impossible);
    }
  }

  @SuppressWarnings("restricted") // the arguments are those of openat2(2), sizes included
  private static MethodHandle syscall() {
    SymbolLookup libc = Linker.nativeLinker().defaultLookup();
    return Linker.nativeLinker()
        .downcallHandle(
            libc.find("syscall").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
  }

  @SuppressWarnings("restricted") // close(2) takes a number
  private static MethodHandle close1() {
    SymbolLookup libc = Linker.nativeLinker().defaultLookup();
    return Linker.nativeLinker()
        .downcallHandle(
            libc.find("close").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  }
}
