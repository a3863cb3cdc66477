/** Reads single images again by their references. */
package io.swavbeam.pipelines.archive.read;
