/** Images behind embeddings, read again to be shown. */
package io.swavbeam.app.images;
