package io.swavbeam.model.inference;

/**
 * Where the weights of an imported model came from.
 *
 * @param file name of the file, without its folder
 * @param sha256 digest of its bytes, in hexadecimal digits
 * @param bytes its length
 * @param head number of the set of prototypes that was taken, from 0
 */
public record WeightSource(String file, String sha256, long bytes, int head) {}
