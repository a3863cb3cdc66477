/** The options, the console and the error messages that all commands share. */
package io.swavbeam.app.command;
