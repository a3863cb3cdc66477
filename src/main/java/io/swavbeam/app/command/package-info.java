/** What commands share: options, the console, failures in one line. */
package io.swavbeam.app.command;
