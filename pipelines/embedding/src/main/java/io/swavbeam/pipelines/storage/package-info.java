/**
 * Files and folders of this machine and on Beam's file systems: each kind of place is a {@link
 * io.swavbeam.pipelines.storage.Storage}. Reads that are tried again, and the threads that wait for
 * buckets.
 */
package io.swavbeam.pipelines.storage;
