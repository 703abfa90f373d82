/** Tests of requests, approvals and grants. */
@NullMarked
package dev.bottle.operator.approval;

import org.jspecify.annotations.NullMarked;
