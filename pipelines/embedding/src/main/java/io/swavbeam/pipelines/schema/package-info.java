/** Beam schemas of records, which are the format of elements in shuffles and in state. */
package io.swavbeam.pipelines.schema;
