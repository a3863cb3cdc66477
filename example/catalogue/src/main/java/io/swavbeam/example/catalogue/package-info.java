/** An example of a pipeline that embeds images as one of its steps. */
package io.swavbeam.example.catalogue;
