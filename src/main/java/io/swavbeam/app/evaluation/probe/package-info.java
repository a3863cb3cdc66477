/** The linear probe: logistic regression on frozen features, fitted with L-BFGS. */
package io.swavbeam.app.evaluation.probe;
