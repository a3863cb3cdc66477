/** The network of SwAV: a backbone, the projection head, the prototypes. */
package io.swavbeam.model.network;
