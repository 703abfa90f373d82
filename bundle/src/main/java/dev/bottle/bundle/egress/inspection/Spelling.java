package dev.bottle.bundle.egress.inspection;

/** In what encoding a secret stands in the text; escapes and compression are undone before. */
enum Spelling {
  /** As it is. */
  PLAIN,

  /** RFC 4648, sections 4 and 5, also over lines (RFC 2045), wherever in the encoded text. */
  BASE64,

  /** RFC 4648, section 8, in either case. */
  HEX
}
