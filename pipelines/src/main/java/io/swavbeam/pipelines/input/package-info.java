/** From what a user names to files: paths, folders, patterns. */
package io.swavbeam.pipelines.input;
