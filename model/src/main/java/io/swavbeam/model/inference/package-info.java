/** The exported network, and embedding with it in batches. */
package io.swavbeam.model.inference;
