/** {@code swav search}: nearest neighbours, exactly or by an index of Lucene. */
package io.swavbeam.app.search;
