/**
 * What Jazzer found interesting, tried again in each build. To look for more (10 minutes, one core,
 * not in CI): {@code mvn -Pfuzz test -pl bundle -am}; see its pom.xml.
 */
@NullMarked
package dev.bottle.bundle.egress.fuzz;

import org.jspecify.annotations.NullMarked;
