/** {@code swav search}: nearest neighbours, exactly or with a Lucene index. */
package io.swavbeam.app.search;
