package io.swavbeam.model.inference;

import java.io.Serializable;

/**
 * Where the weights of an imported model came from.
 *
 * @param file name of the file, without its folder
 * @param sha256 digest of its bytes, and of those of its parts, in hexadecimal digits
 * @param bytes its length, or that of its parts
 * @param head number of the set of prototypes that was taken, from 0
 * @param prefix of the network in a file of several; empty for the only one
 */
public record WeightSource(String file, String sha256, long bytes, int head, String prefix)
    implements Serializable {}
