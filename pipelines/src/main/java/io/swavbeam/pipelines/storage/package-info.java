/**
 * Files and folders on Beam's file systems, reads that are tried again, and the threads that wait
 * for buckets.
 */
package io.swavbeam.pipelines.storage;
