package io.swavbeam.pipelines.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.model.error.KnownIOException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels from CSV files of users. */
class LabelTableTest {
  @TempDir private Path folder;

  @Test
  void aNameIsFoundWithoutItsFoldersAndItsExtension() throws IOException {
    LabelTable table =
        table("train/1.jpg,cat\r\n1.jpg,dog\n./2,\"bird, small\"\n\nb\\3.png, fish \n4.jpg,\n");
    assertThat(table.size()).isEqualTo(5);
    assertThat(table.labelOf("train/1.jpg")).isEqualTo("cat");
    assertThat(table.labelOf("all/train/1.jpg")).as("the longest counts").isEqualTo("cat");
    assertThat(table.labelOf("test/1.jpg")).isEqualTo("dog");
    assertThat(table.labelOf("a/2.jpeg")).isEqualTo("bird, small");
    assertThat(table.labelOf("2")).isEqualTo("bird, small");
    assertThat(table.labelOf("a/b/3.png")).isEqualTo("fish");
    assertThat(table.labelOf("3.png")).as("of the folder itself").isEqualTo("fish");
    assertThat(table.labelOf("c/3.png")).as("of another folder").isNull();
    assertThat(table.labelOf("4.jpg")).as("a name without a label").isNull();
    assertThat(table.nameOf("4.jpg")).isNotNull();
    assertThat(table.labelOf("5.jpg")).isNull();
    assertThat(table.labelOf("a/.jpg")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "'id,breed\nx,1', 1",
    "'\uFEFFfile_name,width,class\nx,640,1', 1",
    "'label,name\n1,x', 1",
    "'Filename,x\nx,1', 1",
    "'key,x\nx,1', 1",
    "'lesion_id,image_id,dx\n7,x,1', 1",
    "'Image ID;Class\nx;1', 1",
    "'x\t1', 1",
    "'width,label\nx,1', 1",
    "'x.jpg,photo\nz.jpg,sketch', photo",
    "'sep=;\nimage;width;label\nx;640;1', 1",
    "'name, label\n \"x\", \"1\"', 1"
  })
  void aFirstLineMayNameTheColumns(String text, String label) throws IOException {
    LabelTable table = table(text);
    assertThat(table.size()).isEqualTo(text.contains("sketch") ? 2 : 1);
    assertThat(table.labelOf("x.jpg")).isEqualTo(label);
  }

  /** A name matches if it is a suffix of the name of the image, or the reverse. */
  @ParameterizedTest
  @CsvSource({
    "/data/imgs/0.jpg, 0.jpg, 1",
    "/data/imgs/0.jpg, imgs/0.jpg, 1",
    "/data/imgs/0.jpg, other/0.jpg, -",
    "/data/imgs/0.jpg, 10.jpg, -",
    "D:\\data\\imgs\\0.jpg, imgs/0.jpg, 1",
    "..\\imgs\\0.jpg, 0.jpg, 1",
    "../imgs/../photos/0.jpg, photos/0.jpg, 1",
    "./a/./0.jpg, a/0.jpg, 1",
    "data/0, 0.jpeg, 1",
    "data/0, x/data/0.jpeg, 1",
    "Gro\u0308\u00DFe.jpg, Gr\u00F6\u00DFe.jpg, 1",
    "Gr\u00F6\u00DFe.jpg, Gro\u0308\u00DFe.jpg, 1",
  })
  void namesFitByTheirEnds(String name, String image, String label) throws IOException {
    LabelTable table = table("\"" + name + "\",1\nzzz.jpg,2\n");
    assertThat(table.labelOf(image)).isEqualTo(label.equals("-") ? null : label);
  }

  @Test
  void theNameWithMostInCommonCounts() throws IOException {
    LabelTable table =
        table("x/cat/1.jpg,cat\nx/dog/1.jpg,dog\ny/2.jpg,owl\nz/2.jpg,owl\n1.jpg,ape\n");
    assertThat(table.labelOf("cat/1.jpg")).isEqualTo("cat");
    assertThat(table.labelOf("1.jpg")).as("the same name").isEqualTo("ape");
    assertThat(table.labelOf("emu/1.jpg")).isEqualTo("ape");
    assertThat(table.labelOf("2.jpg")).as("both say so").isEqualTo("owl");
    LabelTable without = table("x/cat/1.jpg,cat\nx/dog/1.jpg,dog\n");
    assertThat(without.labelOf("1.jpg")).as("either").isNull();
    assertThat(without.isAmbiguous("1.jpg")).isTrue();
    assertThat(without.isAmbiguous("cat/1.jpg")).isFalse();
  }

  @Test
  void columnsCanBeNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("labels.csv"), "where,what,label\nx,y,z\n");
    LabelTable table =
        LabelTable.read(new LabelTable.Source(file.toString(), List.of("where", "what")));
    assertThat(table.labelOf("x.jpg")).isEqualTo("y");
    assertThat(table.columns()).isEqualTo("names in the column where, labels in what");
    assertThatThrownBy(
            () -> LabelTable.read(new LabelTable.Source(file.toString(), List.of("where", "dx"))))
        .isInstanceOf(KnownIOException.class)
        .hasMessageContaining("has the columns where, what, label: dx is none of them");
    for (String text :
        List.of("where,what,label\nx,y,z\n", "slide,age,dx\nx.jpg,30,y\n", "x,y,z\n")) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> LabelTable.read(new LabelTable.Source(file.toString(), null)))
          .isInstanceOf(KnownIOException.class)
          .hasMessageContaining(": give the columns of the names and of the labels");
    }
    LabelTable numbered =
        LabelTable.read(new LabelTable.Source(file.toString(), List.of("1", "3")));
    assertThat(numbered.labelOf("x.jpg")).isEqualTo("z");
    assertThatThrownBy(
            () -> LabelTable.read(new LabelTable.Source(file.toString(), List.of("1", "9"))))
        .hasMessageContaining("has 3 columns: there is no column 9");
    Files.writeString(file, "age,image_id,dx\n30,x,y\n");
    LabelTable named = LabelTable.read(new LabelTable.Source(file.toString(), List.of("2", "3")));
    assertThat(named.size()).isEqualTo(1);
    assertThat(named.columns()).isEqualTo("names in the column image_id, labels in dx");
  }

  @Test
  void whatIsNoFileOfTextIsNamed() throws IOException {
    Path file = folder.resolve("labels.csv");
    assertThatThrownBy(() -> LabelTable.read(new LabelTable.Source(file.toString(), null)))
        .hasMessage(file + " does not exist");
    assertThatThrownBy(() -> LabelTable.read(new LabelTable.Source(folder.toString(), null)))
        .hasMessage(folder + " is a folder: give a CSV file");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\n");
    assertThatThrownBy(() -> LabelTable.read(new LabelTable.Source(file.toString(), null)))
        .hasMessageContaining("is not a table of labels: it is a pointer of Git LFS");
    Files.writeString(file, "a;1\nb\n");
    assertThatThrownBy(() -> LabelTable.read(new LabelTable.Source(file.toString(), null)))
        .hasMessageContaining("a name and a label are needed, with a ';' between them");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE"})
  void aTableMayBeUtf16(String charset) throws IOException {
    Path file = folder.resolve("labels.csv");
    for (String mark : List.of("", "\uFEFF")) {
      if (charset.equals("UTF-16") && !mark.isEmpty()) {
        continue; // Java's charset writes a byte order mark itself
      }
      Files.writeString(
          file,
          mark + "\"id\",\"width\",\"label\"\n\"x\",\"5\",\"\u00E4\"\n",
          Charset.forName(charset));
      assertThat(LabelTable.read(new LabelTable.Source(file.toString(), null)).labelOf("x.png"))
          .isEqualTo("\u00E4");
    }
  }

  @Test
  void bytesThatAreNoTextAreRefused() throws IOException {
    Path file =
        Files.write(
            folder.resolve("labels.csv"), "x,\u00E4\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> LabelTable.read(new LabelTable.Source(file.toString(), null)))
        .isInstanceOf(KnownIOException.class)
        .hasMessage(file + " is neither UTF-8 nor UTF-16: save it as UTF-8");
  }

  @Test
  void tabsSeparateInAFileThatIsCalledSo() throws IOException {
    Path file = Files.writeString(folder.resolve("labels.tsv"), "a,b.jpg\tone, two\n");
    assertThat(LabelTable.read(new LabelTable.Source(file.toString(), null)).labelOf("a,b.jpg"))
        .isEqualTo("one, two");
  }

  @ParameterizedTest
  @CsvSource({
    "'a.jpg', 'record 1: a name and a label are needed, with a comma between them'",
    "'a.jpg,cat\nb.jpg', 'record 2: a name and a label are needed, with a comma between them'",
    "'a.jpg,cat\na.jpg,dog', 'record 2: ''a.jpg'' has the label ''cat'' already'",
    "'', 'holds no names: each line should be name,label'",
    "'name,label', 'holds no names: each line should be name,label'"
  })
  void whatIsNoTableIsRefusedInOneLine(String text, String error) {
    assertThatThrownBy(() -> table(text))
        .isInstanceOf(KnownIOException.class)
        .hasMessageContaining(error)
        .hasMessageContaining("labels.csv");
  }

  @Test
  void quotesThatNobodyClosesAreNamed() {
    assertThatThrownBy(() -> table("a.jpg,cat\nb.jpg,\"dog\n"))
        .isInstanceOf(KnownIOException.class)
        .hasMessageContaining("labels.csv")
        .hasMessageNotContainingAny("\n");
  }

  private LabelTable table(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("labels.csv"), text);
    return LabelTable.read(new LabelTable.Source(file.toString(), null));
  }
}
