package dev.bottle.system.adversarial;

/** Something that an agent does to get out. */
@FunctionalInterface
interface Attack {
  /** Does it; what the guest was answered, one ISO-8859-1 character a byte. */
  String attempt(Scene scene) throws Exception;
}
