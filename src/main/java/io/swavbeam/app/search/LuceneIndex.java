package io.swavbeam.app.search;

import io.swavbeam.app.command.Progress;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.FilterCodec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexNotFoundException;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.FSDirectory;

/**
 * Lucene's HNSW index of the embeddings of a folder, for folders that are too large to read for
 * each search. It finds nearly all of the nearest rows, with exact similarities. New rows of the
 * folder are added before a search. A crash leaves the index unchanged.
 */
public final class LuceneIndex implements EmbeddingSearch {
  /** The number of candidates per query. More candidates find more of the nearest rows. */
  private static final int CANDIDATES = 200;

  private static final double BUFFER_MEGABYTES = 256;
  private static final int WIDEST = 8192;
  private static final String FILES = "files";
  private static final String MODEL = "model";
  private static final String VECTOR = "embedding";
  private static final String SOURCE = "source";
  private static final String POSITION = "position";
  private static final String NAME = "name";
  private static final String LABEL = "label";

  // This logger recommends a Java option. The reference keeps its level.
  private static final Logger VECTORIZATION =
      Logger.getLogger("org.apache.lucene.internal.vectorization.VectorizationProvider");

  static {
    VECTORIZATION.setLevel(Level.SEVERE);
  }

  private final Path index;
  private final Folder folder;
  private final String model;
  private final Progress progress;

  /**
   * @param index the folder of the index; created if it does not exist
   * @param folder the folder of embeddings
   * @param model the id of the model
   */
  public LuceneIndex(Path index, Folder folder, String model, Progress progress) {
    this.index = index;
    this.folder = folder;
    this.model = model;
    this.progress = progress;
  }

  @Override
  public List<List<Neighbour>> nearest(List<float[]> queries, int top) throws IOException {
    if (Files.exists(index) && !isIndex()) {
      throw new IOException(
          "%s contains something that is not an index: choose another --index".formatted(index));
    }
    try (FSDirectory directory = FSDirectory.open(index)) {
      update(directory);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher searcher = new IndexSearcher(reader);
        List<List<Neighbour>> found = new ArrayList<>();
        for (float[] query : queries) {
          found.add(nearest(searcher, query, top));
        }
        return found;
      }
    }
  }

  /** Returns whether the folder has an index, is empty, or was left by a killed process. */
  private boolean isIndex() throws IOException {
    if (!Files.isDirectory(index)) {
      return false;
    }
    try (Stream<Path> files = Files.list(index)) {
      return files.allMatch(
          file ->
              file.getFileName()
                  .toString()
                  .matches("segments.*|pending_segments.*|_.*|write\\.lock"));
    }
  }

  private static List<Neighbour> nearest(IndexSearcher searcher, float[] query, int top)
      throws IOException {
    KnnFloatVectorQuery nearest = new KnnFloatVectorQuery(VECTOR, query, Math.max(top, CANDIDATES));
    StoredFields fields = searcher.storedFields();
    List<Neighbour> found = new ArrayList<>();
    for (ScoreDoc hit : searcher.search(nearest, top).scoreDocs) {
      Document document = fields.document(hit.doc);
      found.add(
          new Neighbour(
              2 * hit.score - 1, // Lucene's scores are (1 + cosine) / 2
              document.get(SOURCE),
              position(document),
              document.get(NAME),
              document.get(LABEL)));
    }
    return found;
  }

  /** Returns the position; indexes of earlier versions have none. */
  private static long position(Document document) {
    IndexableField position = document.getField(POSITION);
    return position == null ? -1 : position.numericValue().longValue();
  }

  private void update(FSDirectory directory) throws IOException {
    Map<String, String> about = about(directory);
    Set<String> indexed = new LinkedHashSet<>(about.get(FILES).lines().toList());
    Set<String> there = new LinkedHashSet<>();
    EmbeddingFiles.existing(folder).forEach(file -> there.add(file.name()));
    if (!there.containsAll(indexed) || !about.getOrDefault(MODEL, model).equals(model)) {
      throw new IOException(
          "%s is the index of other embeddings, by model %s: delete it, or choose another --index"
              .formatted(index, about.getOrDefault(MODEL, "none")));
    }
    there.removeAll(indexed);
    if (!there.isEmpty()) {
      add(directory, there, indexed);
    }
  }

  /** Returns the user data of the last commit. */
  private static Map<String, String> about(FSDirectory directory) throws IOException {
    try {
      return SegmentInfos.readLatestCommit(directory).getUserData();
    } catch (IndexNotFoundException e) {
      return Map.of(FILES, "");
    }
  }

  private void add(FSDirectory directory, Set<String> files, Set<String> indexed)
      throws IOException {
    IndexWriterConfig config =
        new IndexWriterConfig()
            .setCodec(new WideCodec())
            .setRAMBufferSizeMB(BUFFER_MEGABYTES)
            .setCommitOnClose(false);
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      SearchableRows rows = new SearchableRows(folder, model, 0);
      int done = 0;
      for (String file : files) {
        EmbeddingFiles.readFiles(List.of(folder.file(file)), row -> add(writer, rows, row));
        progress.at("indexing, files", ++done, files.size());
      }
      Map<String, String> about = new HashMap<>();
      about.put(MODEL, model);
      Set<String> all = new LinkedHashSet<>(indexed);
      all.addAll(files);
      about.put(FILES, String.join("\n", all));
      writer.setLiveCommitData(about.entrySet());
      writer.commit();
    }
  }

  private void add(IndexWriter writer, SearchableRows rows, Embedding row) {
    if (!rows.admit(row)) {
      return;
    }
    Document document = new Document();
    document.add(new KnnFloatVectorField(VECTOR, row.embedding(), VectorSimilarityFunction.COSINE));
    document.add(new StoredField(SOURCE, row.source()));
    document.add(new StoredField(POSITION, row.position()));
    document.add(new StoredField(NAME, row.name()));
    if (row.label() != null) {
      document.add(new StoredField(LABEL, row.label()));
    }
    try {
      writer.addDocument(document);
    } catch (IllegalArgumentException e) { // the field had vectors of another length before
      throw rows.otherLength(row);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lucene's codec without its limit of 1,024 dimensions. A ResNet-50 has 2,048. */
  private static final class WideCodec extends FilterCodec {
    private final KnnVectorsFormat vectors =
        new PerFieldKnnVectorsFormat() {
          @Override
          public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
            return new WideFormat();
          }
        };

    WideCodec() {
      // The name of the codec for readers.
      super(Codec.getDefault().getName(), Codec.getDefault());
    }

    @Override
    public KnnVectorsFormat knnVectorsFormat() {
      return vectors;
    }
  }

  private static final class WideFormat extends KnnVectorsFormat {
    private final KnnVectorsFormat hnsw = new Lucene99HnswVectorsFormat();

    WideFormat() {
      // The name of the format for readers.
      super("Lucene99HnswVectorsFormat");
    }

    @Override
    public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
      return hnsw.fieldsWriter(state);
    }

    @Override
    public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
      return hnsw.fieldsReader(state);
    }

    @Override
    public int getMaxDimensions(String field) {
      return WIDEST;
    }
  }
}
