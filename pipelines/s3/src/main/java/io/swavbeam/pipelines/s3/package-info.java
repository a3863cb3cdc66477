/** Buckets of S3 and of stores with its protocol. */
@Internal
package io.swavbeam.pipelines.s3;

import org.apache.beam.sdk.annotations.Internal;
