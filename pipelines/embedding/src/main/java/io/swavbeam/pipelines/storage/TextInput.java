package io.swavbeam.pipelines.storage;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.commons.io.ByteOrderMark;
import org.apache.commons.io.input.BOMInputStream;

/**
 * Text files of others: UTF-8, or UTF-16 where a byte order mark or the zeros of its first letter
 * say so. The mark is no part of the text.
 */
@Internal
public final class TextInput {
  private static final int HEAD = 2;

  private TextInput() {}

  /**
   * Opens a text, closing which closes the stream.
   *
   * @return a reader that throws {@link CharacterCodingException} where the bytes are no such text
   */
  public static Reader reader(InputStream in) throws IOException {
    BOMInputStream marked =
        BOMInputStream.builder()
            .setInputStream(in)
            .setByteOrderMarks(ByteOrderMark.UTF_8, ByteOrderMark.UTF_16LE, ByteOrderMark.UTF_16BE)
            .get();
    String name = marked.getBOMCharsetName();
    PushbackInputStream text = new PushbackInputStream(marked, HEAD);
    byte[] head = text.readNBytes(HEAD);
    text.unread(head);
    Charset charset = name == null ? guessed(head) : Charset.forName(name);
    return new BufferedReader(
        new InputStreamReader(
            text,
            charset
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)));
  }

  private static Charset guessed(byte[] head) {
    if (head.length == HEAD && head[0] == 0 && head[1] != 0) {
      return StandardCharsets.UTF_16BE;
    }
    return head.length == HEAD && head[0] != 0 && head[1] == 0
        ? StandardCharsets.UTF_16LE
        : StandardCharsets.UTF_8;
  }

  /** Decodes a short text; one that is none of these gets a letter for each byte. */
  public static String decode(byte[] bytes) {
    try (Reader reader = reader(new ByteArrayInputStream(bytes))) {
      StringWriter text = new StringWriter();
      reader.transferTo(text);
      return text.toString();
    } catch (CharacterCodingException e) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory are read
    }
  }
}
