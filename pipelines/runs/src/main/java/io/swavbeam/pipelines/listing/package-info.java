/**
 * Lists the images of files, and divides them into output shards: {@link
 * io.swavbeam.pipelines.listing.ListImages} for a bounded input, {@link
 * io.swavbeam.pipelines.listing.WatchImages} for a stream.
 */
package io.swavbeam.pipelines.listing;
