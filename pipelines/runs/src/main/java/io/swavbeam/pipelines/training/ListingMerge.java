package io.swavbeam.pipelines.training;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.StoredRef;
import io.swavbeam.pipelines.listing.InputGroup;
import io.swavbeam.pipelines.listing.Listing;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.storage.IoExecutor;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * The images of groups of files, in the order of all files. Threads of this object list some groups
 * ahead of the reader. A group of single files may have archives between its files, so the open
 * listings are merged.
 */
final class ListingMerge implements AutoCloseable {
  private static final int MAX_THREADS = 16;

  /** Receives the images. */
  interface Visitor {
    /** Called for each group with its listing, in the order of the first files. */
    void listing(InputGroup group, Listing listing) throws IOException;

    /** Called for each image, file by file. */
    void image(StoredRef ref) throws IOException;

    /**
     * Called after the last image of a file.
     *
     * @param fingerprint the fingerprint of the file as text; empty if it is unknown
     */
    void endOfFile(String uri, String fingerprint) throws IOException;
  }

  /** An open listing. */
  private static final class OpenListing {
    final Listing listing;
    final Iterator<StoredRef> rest;
    StoredRef next;

    OpenListing(Listing listing) {
      this.listing = listing;
      rest = listing.images().iterator(0, listing.images().size());
      next = rest.next();
    }

    String file() {
      return next.file().uri();
    }
  }

  private final Iterator<InputGroup> groups;
  private final Listings listings;
  private final Consumer<DeadLetter> letters;
  private final ExecutorService executor = executor();
  private final Deque<InputGroup> waiting = new ArrayDeque<>();
  private final Deque<Future<Listing>> ahead = new ArrayDeque<>();
  private final PriorityQueue<OpenListing> openListings =
      new PriorityQueue<>(Comparator.comparing(OpenListing::file));

  /**
   * @param groups the groups in the order of their first files
   */
  ListingMerge(List<InputGroup> groups, Listings listings, Consumer<DeadLetter> letters) {
    this.groups = groups.iterator();
    this.listings = listings;
    this.letters = letters;
  }

  private static int threads() {
    return Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
  }

  private static ExecutorService executor() {
    return Executors.newFixedThreadPool(
        threads(),
        task -> {
          Thread thread = new Thread(task, "swav-listing");
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * Calls a consumer with the {@link Listings#content} of each group in order, without listing it.
   * Reads a few groups ahead.
   */
  static void contents(List<InputGroup> groups, Consumer<String> consumer) throws IOException {
    ExecutorService executor = executor();
    try {
      Deque<Future<String>> ahead = new ArrayDeque<>();
      for (InputGroup group : groups) {
        ahead.add(executor.submit(() -> Listings.content(group)));
        if (ahead.size() > 2 * threads()) {
          consumer.accept(IoExecutor.await(ahead.remove()));
        }
      }
      while (!ahead.isEmpty()) {
        consumer.accept(IoExecutor.await(ahead.remove()));
      }
    } finally {
      executor.shutdownNow();
    }
  }

  void visit(Visitor visitor) throws IOException {
    lookAhead();
    while (!waiting.isEmpty() || !openListings.isEmpty()) {
      // A group can contain the next file only if its first file is not later.
      while (!waiting.isEmpty()
          && (openListings.isEmpty()
              || waiting.peek().firstFile().compareTo(openListings.peek().file()) <= 0)) {
        begin(visitor);
      }
      if (!openListings.isEmpty()) {
        oneFile(visitor);
      }
    }
  }

  private void lookAhead() {
    while (ahead.size() < 2 * threads() && groups.hasNext()) {
      InputGroup group = groups.next();
      waiting.add(group);
      ahead.add(executor.submit(() -> listings.of(group, letters)));
    }
  }

  private void begin(Visitor visitor) throws IOException {
    InputGroup group = waiting.remove();
    Listing listing = IoExecutor.await(ahead.remove());
    lookAhead();
    visitor.listing(group, listing);
    if (listing.images().size() == 0) {
      listing.close();
    } else {
      openListings.add(new OpenListing(listing));
    }
  }

  private void oneFile(Visitor visitor) throws IOException {
    OpenListing first = openListings.remove();
    String file = first.file();
    boolean more;
    do {
      visitor.image(first.next);
      more = first.rest.hasNext();
      if (more) {
        first.next = first.rest.next();
      }
    } while (more && first.file().equals(file));
    String fingerprint = first.listing.notes().fingerprints().of(file);
    visitor.endOfFile(file, fingerprint == null ? "" : fingerprint);
    if (more) {
      openListings.add(first);
    } else {
      first.listing.close();
    }
  }

  @Override
  public void close() throws IOException {
    executor.shutdownNow();
    for (OpenListing open : openListings) {
      open.listing.close();
    }
    // If one has failed, others may be open.
    for (Future<Listing> one : ahead) {
      if (!one.cancel(true)) {
        closeIfOpen(one);
      }
    }
  }

  private static void closeIfOpen(Future<Listing> listing) throws IOException {
    Listing open;
    try {
      open = IoExecutor.await(listing);
    } catch (IOException | RuntimeException e) {
      return; // an earlier failure is reported
    }
    open.close();
  }
}
