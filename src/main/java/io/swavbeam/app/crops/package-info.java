/** {@code swav crops}: a picture of the crops that a recipe makes. */
package io.swavbeam.app.crops;
