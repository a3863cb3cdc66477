package io.swavbeam.pipelines.archive;

/**
 * A reference to an archive, or a part of one, whose images cannot be read individually. They are
 * read from the beginning. The reference stands for all of them.
 */
public sealed interface StreamedRef extends StoredRef permits ArchiveRef, RowsRef {}
