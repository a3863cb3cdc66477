/**
 * The objective of SwAV (Caron et al. 2020, section 3): codes by Sinkhorn-Knopp, swapped
 * prediction, and the queue of earlier features.
 */
package io.swavbeam.model.loss;
