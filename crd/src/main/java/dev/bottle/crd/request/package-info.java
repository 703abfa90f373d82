/** What an agent may ask people for, as data that is fit for files, objects and terminals. */
@NullMarked
package dev.bottle.crd.request;

import org.jspecify.annotations.NullMarked;
