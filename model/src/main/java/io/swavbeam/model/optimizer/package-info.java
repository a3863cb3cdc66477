/** Adam, AdamW and LARC, learning rates, and the scaling of losses in float16. */
package io.swavbeam.model.optimizer;
