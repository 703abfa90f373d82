/** Child processes: git, gitleaks, and what they are told. */
@NullMarked
package dev.bottle.bundle.gitgate.program;

import org.jspecify.annotations.NullMarked;
