/** {@code swav embed}. */
package io.swavbeam.app.embedding;
