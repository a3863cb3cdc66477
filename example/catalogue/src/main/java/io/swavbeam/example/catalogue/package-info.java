/** A pipeline of somebody else, with embeddings in it. */
package io.swavbeam.example.catalogue;
