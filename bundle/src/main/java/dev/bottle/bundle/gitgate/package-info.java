/**
 * The git-gate daemon: the guest's git talks to C git behind its door, which holds the identities
 * of the upstreams, fetches from them each time, and lets no push out that was not searched for
 * secrets.
 */
@NullMarked
package dev.bottle.bundle.gitgate;

import org.jspecify.annotations.NullMarked;
