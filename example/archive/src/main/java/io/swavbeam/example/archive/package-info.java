/** An example of a program that embeds archives into a folder. */
package io.swavbeam.example.archive;
