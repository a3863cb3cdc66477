/** File signatures: the format of a file by its first bytes, for all that read files of others. */
package io.swavbeam.model.signature;
