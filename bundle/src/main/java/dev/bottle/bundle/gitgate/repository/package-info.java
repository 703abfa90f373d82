/** The bare repositories between guest and upstreams, kept as the upstreams are. */
@NullMarked
package dev.bottle.bundle.gitgate.repository;

import org.jspecify.annotations.NullMarked;
