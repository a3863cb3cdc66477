package io.swavbeam.pipelines.archive;

/**
 * Names an archive, or a part of one, whose images cannot be read one by one: they are read from
 * its beginning. It stands for all of them.
 */
public sealed interface StreamedRef extends StoredRef permits ArchiveRef, RowsRef {}
