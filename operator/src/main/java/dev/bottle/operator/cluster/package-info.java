/** Facts of the cluster that no Bottle owns: nodes, API server addresses, the admin's ConfigMap. */
@NullMarked
package dev.bottle.operator.cluster;

import org.jspecify.annotations.NullMarked;
