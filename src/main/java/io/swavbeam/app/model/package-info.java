/**
 * {@code swav import} and {@code swav export}: models from the weights of others, and for others.
 */
package io.swavbeam.app.model;
