/**
 * Files and folders of this machine and of Beam's file systems. Each kind is a {@link
 * io.swavbeam.pipelines.storage.Storage}. This package also has retries and the threads for
 * requests to buckets.
 */
package io.swavbeam.pipelines.storage;
