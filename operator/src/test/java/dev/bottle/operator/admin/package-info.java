@NullMarked
package dev.bottle.operator.admin;

import org.jspecify.annotations.NullMarked;
