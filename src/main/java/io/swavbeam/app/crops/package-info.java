/** {@code swav crops}: a picture of the crops of a recipe. */
package io.swavbeam.app.crops;
