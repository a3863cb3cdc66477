/**
 * What is in a file: formats of archives, how images in them are listed, and how they are read.
 *
 * <p>One more format is one more class. No package of Beam is imported but for schemas.
 */
package io.swavbeam.pipelines.archive;
