@NullMarked
package dev.bottle.operator.manage;

import org.jspecify.annotations.NullMarked;
