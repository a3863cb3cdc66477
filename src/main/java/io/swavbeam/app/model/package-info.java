/**
 * {@code swav import} and {@code swav export}: models from weights of other software, and for other
 * software.
 */
package io.swavbeam.app.model;
