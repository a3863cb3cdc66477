package io.swavbeam.model.inference;

import java.io.Serializable;

/**
 * The origin of the weights of an imported model.
 *
 * @param file name of the file, without its folder
 * @param sha256 digest of its bytes, and of those of its parts, in hexadecimal digits
 * @param bytes length of the file, or of its parts
 * @param head number of the set of prototypes that was taken, from 0
 * @param prefix prefix of the network in a file with several networks; empty if there is only one
 */
public record WeightSource(String file, String sha256, long bytes, int head, String prefix)
    implements Serializable {}
