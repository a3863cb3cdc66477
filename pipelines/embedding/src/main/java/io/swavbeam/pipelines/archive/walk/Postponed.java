package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.format.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Entries that the first pass over an archive leaves to a second pass. These are its links. The
 * second pass finds their targets, also through other links and through folders that are links. In
 * a stream, inner archives that need companion files are postponed, too, because these files may
 * follow them.
 */
final class Postponed {
  /** The largest number of links in a chain, as in Linux. */
  private static final int MAX_CHAIN_LENGTH = 40;

  private final List<Member.Link> links = new ArrayList<>();
  private final Map<String, Member.Link> byName = new HashMap<>();
  private final Set<Long> archives = new HashSet<>();
  private final Map<String, byte[]> companions = new HashMap<>();
  private final Map<String, List<Member.Link>> byTarget = new LinkedHashMap<>();

  /** Adds a link in the first pass. */
  void add(Member.Link link) {
    links.add(link);
    passThrough(link);
  }

  /** Adds a link that is not an image, but that may be part of the path of others. */
  void passThrough(Member.Link link) {
    byName.putIfAbsent(plain(link.name()), link);
  }

  /** Postpones an inner archive. */
  void addArchive(long position) {
    archives.add(position);
  }

  /** Returns whether an inner archive was postponed. */
  boolean hasArchive(long position) {
    return archives.contains(position);
  }

  /** Returns the companion files by their names. */
  Map<String, byte[]> companions() {
    return companions;
  }

  boolean isEmpty() {
    return links.isEmpty() && byTarget.isEmpty() && archives.isEmpty();
  }

  /**
   * Ends the first pass.
   *
   * @param lost called with each link that leads out of the archive, and the reason in one line
   */
  void resolve(BiConsumer<Member.Link, String> lost) {
    for (Member.Link link : links) {
      String target = target(link);
      if (target.equals("..") || target.startsWith("../")) {
        lost.accept(
            link, "it is a link to %s, which leads out of the archive".formatted(link.target()));
      } else {
        byTarget.computeIfAbsent(target, any -> new ArrayList<>()).add(link);
      }
    }
    links.clear();
  }

  /** Returns the end of a chain of links. A loop ends at one of its links, which is not a file. */
  String target(Member.Link link) {
    String path = plain(link.path());
    Set<Member.Link> passed = new HashSet<>(Set.of(link));
    while (true) {
      String linked = firstLink(path, passed);
      if (linked == null || passed.size() > MAX_CHAIN_LENGTH) {
        return path;
      }
      Member.Link next = byName.get(linked);
      passed.add(next);
      path = plain(next.path() + path.substring(linked.length()));
    }
  }

  /**
   * Returns the shortest prefix of a path that is a link and was not passed; null if there is none.
   */
  private String firstLink(String path, Set<Member.Link> passed) {
    for (int end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      String beginning = end < 0 ? path : path.substring(0, end);
      Member.Link link = byName.get(beginning);
      if (link != null && !passed.contains(link)) {
        return beginning;
      }
      if (end < 0) {
        return null;
      }
    }
  }

  /**
   * Returns the links to a file in the second pass; to the first one if several files have the same
   * name.
   */
  List<Member.Link> linksTo(String name) {
    List<Member.Link> found = byTarget.remove(plain(name));
    return found == null ? List.of() : found;
  }

  /**
   * Ends the second pass.
   *
   * @param lost called with each link without a target, and the reason in one line
   */
  void finish(BiConsumer<Member.Link, String> lost) {
    byTarget.forEach(
        (target, to) ->
            to.forEach(
                link ->
                    lost.accept(
                        link,
                        byName.containsKey(target)
                            ? "it is a link to %s, which leads back to it or over more than %d others"
                                .formatted(link.target(), MAX_CHAIN_LENGTH)
                            : "it is a link to %s, which is not a file of the archive"
                                .formatted(link.target()))));
    byTarget.clear();
  }

  /**
   * Normalises a path: removes empty parts and {@code .}, and leaves {@code ..} only at its
   * beginning.
   */
  static String plain(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      boolean isUp = part.equals("..");
      if (isUp && !parts.isEmpty() && !parts.get(parts.size() - 1).equals("..")) {
        parts.remove(parts.size() - 1);
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }
}
