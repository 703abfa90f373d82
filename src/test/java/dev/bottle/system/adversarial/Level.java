package dev.bottle.system.adversarial;

/** Where a case is tried. */
enum Level {
  UNIT("unit"),
  BUNDLE("bundle"),
  WHOLE("whole Bottle"),
  BOTTLE("Bottle");

  private final String words;

  Level(String words) {
    this.words = words;
  }

  @Override
  public String toString() {
    return words;
  }
}
