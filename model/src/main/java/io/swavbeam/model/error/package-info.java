/** The kinds of errors, which callers can distinguish, and exceptions that have a kind. */
package io.swavbeam.model.error;
