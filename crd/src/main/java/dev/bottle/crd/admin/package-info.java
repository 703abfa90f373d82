/** Words of the admin's ConfigMap that more than one process reads. */
@NullMarked
package dev.bottle.crd.admin;

import org.jspecify.annotations.NullMarked;
