package dev.bottle.bundle.gitgate.push;

/**
 * One ref of a push (gitprotocol-pack, "reference update request").
 *
 * @param before the object that the guest believes it to be at, zeros for none
 * @param after the object that it is to be at, zeros to delete it
 */
public record PushCommand(String before, String after, String ref) {
  /**
   * As pre-receive reads it.
   *
   * @throws IllegalArgumentException when it is not as git writes it
   */
  static PushCommand parse(String line) {
    String[] words = line.split(" ", 3);
    if (words.length != 3 || !isObject(words[0]) || !isObject(words[1])) {
      throw new IllegalArgumentException("not a command of pre-receive");
    }
    return new PushCommand(words[0], words[1], words[2]);
  }

  /** Whether the ref is new. */
  boolean creates() {
    return isNone(before);
  }

  /** Whether it is to go. */
  boolean deletes() {
    return isNone(after);
  }

  private static boolean isObject(String text) {
    return text.matches("[0-9a-f]{40}|[0-9a-f]{64}");
  }

  private static boolean isNone(String object) {
    return object.chars().allMatch(digit -> digit == '0');
  }
}
