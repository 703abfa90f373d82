package dev.bottle.bundle.gitgate;

import java.nio.file.Path;

/**
 * What docs/contracts.md gives git-gate on its command line.
 *
 * @param credentials the directory of identities and tokens, one file for each slot
 * @param tokens the directory of egress's tokens, which no push may hold; need not be there
 * @param repositories the directory of the bare repositories
 * @param privateDirectory in memory, for what only this process may read
 * @param gitleaks the scanner
 */
public record GitGateOptions(
    Path policy,
    Path credentials,
    Path tokens,
    Path repositories,
    Path privateDirectory,
    Path door,
    Path control,
    Path gitleaks) {}
