/**
 * Recipes and runs as records, read from JSON and written to it, strictly in both directions.
 *
 * <p>Each record checks its values when it is made, so that one that exists is valid.
 */
package io.swavbeam.model.config;
