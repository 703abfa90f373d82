/**
 * What egress costs, measured beside its peers in one run on one machine; docs/benchmarks.md is
 * made by it. It measures; nothing here is a test.
 */
@NullMarked
package dev.bottle.system.benchmark;

import org.jspecify.annotations.NullMarked;
