/** A program of somebody else that embeds archives into a folder. */
package io.swavbeam.example.archive;
