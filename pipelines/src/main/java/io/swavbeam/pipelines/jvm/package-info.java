/** What all threads of a process share: instances that are counted, and budgets of memory. */
package io.swavbeam.pipelines.jvm;
