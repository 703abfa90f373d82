package dev.bottle.bundle.authority;

import java.security.Security;
import java.util.Set;

/**
 * Cryptography comes from the JDK's own providers. The JDK's configuration names more; for each one
 * that a trimmed runtime lacks it searches the class path, finds Bouncy Castle's provider in a jar
 * that is there for its ASN.1, and loads all of it: a third of the start and of the memory, and one
 * more implementation of TLS's algorithms that nobody chose.
 */
public final class SecurityProviders {
  private static final String PREFIX = "security.provider.";
  private static final String FIRST = "SUN";
  private static final Set<String> KEPT = Set.of(FIRST, "SunRsaSign", "SunEC", "SunJSSE", "SunJCE");

  private SecurityProviders() {}

  /** First of all in a process: the list is read once. */
  public static void narrow() {
    int number = 1;
    for (String name = Security.getProperty(PREFIX + number);
        name != null;
        name = Security.getProperty(PREFIX + ++number)) {
      if (!KEPT.contains(name)) {
        // An entry cannot be removed and must not be empty; a second one of a name is ignored.
        Security.setProperty(PREFIX + number, FIRST);
      }
    }
  }
}
