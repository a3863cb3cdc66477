/**
 * The records of recipes and runs, and their JSON. Unknown and missing keys are errors.
 *
 * <p>Each record checks its values in the constructor, so every instance is valid.
 */
package io.swavbeam.model.config;
