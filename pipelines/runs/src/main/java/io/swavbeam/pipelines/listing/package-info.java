/**
 * From files to references of images, and to output shards: {@link
 * io.swavbeam.pipelines.listing.ListImages} for what is there, {@link
 * io.swavbeam.pipelines.listing.WatchImages} for what comes.
 */
package io.swavbeam.pipelines.listing;
