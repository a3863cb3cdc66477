/** Beam schemas of records: the format of elements in shuffles and in state. */
package io.swavbeam.pipelines.schema;
