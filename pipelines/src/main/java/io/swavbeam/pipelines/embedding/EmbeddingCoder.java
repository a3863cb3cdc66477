package io.swavbeam.pipelines.embedding;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderProvider;
import org.apache.beam.sdk.coders.CoderProviders;
import org.apache.beam.sdk.coders.FloatCoder;
import org.apache.beam.sdk.coders.NullableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.values.TypeDescriptor;

/** Writes embeddings compactly: four bytes a number. */
public final class EmbeddingCoder extends AtomicCoder<Embedding> {
  private static final Coder<String> STRING = StringUtf8Coder.of();
  private static final Coder<String> LABEL = NullableCoder.of(STRING);
  private static final Coder<Integer> CLUSTER = NullableCoder.of(VarIntCoder.of());
  private static final Coder<Float> PROBABILITY = NullableCoder.of(FloatCoder.of());

  public static EmbeddingCoder of() {
    return new EmbeddingCoder();
  }

  /** Lets Beam find this coder by the annotation on {@link Embedding}. */
  public static CoderProvider getCoderProvider() {
    return CoderProviders.forCoder(TypeDescriptor.of(Embedding.class), of());
  }

  @Override
  public void encode(Embedding value, OutputStream out) throws IOException {
    STRING.encode(value.source(), out);
    VarLongCoder.of().encode(value.position(), out);
    STRING.encode(value.name(), out);
    LABEL.encode(value.label(), out);
    STRING.encode(value.model(), out);
    DataOutputStream data = new DataOutputStream(out);
    CLUSTER.encode(value.cluster(), out);
    PROBABILITY.encode(value.clusterProbability(), out);
    encode(value.embedding(), data);
    data.writeBoolean(value.projection() != null);
    if (value.projection() != null) {
      encode(value.projection(), data);
    }
  }

  private static void encode(float[] values, DataOutputStream out) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    out.writeInt(values.length);
    out.write(bytes.array());
  }

  @Override
  public Embedding decode(InputStream in) throws IOException {
    String source = STRING.decode(in);
    long position = VarLongCoder.of().decode(in);
    String name = STRING.decode(in);
    String label = LABEL.decode(in);
    String model = STRING.decode(in);
    DataInputStream data = new DataInputStream(in);
    Integer cluster = CLUSTER.decode(in);
    Float probability = PROBABILITY.decode(in);
    float[] embedding = decodeFloats(data);
    float[] projection = data.readBoolean() ? decodeFloats(data) : null;
    return new Embedding(
        source, position, name, label, embedding, projection, cluster, probability, model);
  }

  private static float[] decodeFloats(DataInputStream in) throws IOException {
    float[] values = new float[in.readInt()];
    byte[] bytes = new byte[values.length * Float.BYTES];
    in.readFully(bytes);
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }

  @Override
  public boolean consistentWithEquals() {
    return false; // arrays are equal only to themselves
  }
}
