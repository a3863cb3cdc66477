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
 * A reader of text files of other software: UTF-8, or UTF-16 if a byte order mark or the zeros of
 * the first character show it. The mark is removed.
 */
@Internal
public final class TextInput {
  private static final int HEAD = 2;

  private TextInput() {}

  /**
   * Opens a text. Closing the reader closes the stream.
   *
   * @return a reader that throws {@link CharacterCodingException} if the bytes are not valid
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

  /**
   * Decodes a short text. In a text that is neither UTF-8 nor UTF-16, each byte becomes a
   * character.
   */
  public static String decode(byte[] bytes) {
    try (Reader reader = reader(new ByteArrayInputStream(bytes))) {
      StringWriter text = new StringWriter();
      reader.transferTo(text);
      return text.toString();
    } catch (CharacterCodingException e) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot happen in memory
    }
  }
}
