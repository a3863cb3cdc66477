/** File signatures: the format of a file by its first bytes. */
package io.swavbeam.model.signature;
