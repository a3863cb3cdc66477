/** What can go wrong: kinds that programs tell apart, each error with one of them. */
package io.swavbeam.model.error;
