package io.swavbeam.pipelines.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swavbeam.pipelines.input.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels from CSV files as people have them. */
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
    assertThat(table.labelOf("3.png")).as("of another folder").isNull();
    assertThat(table.labelOf("4.jpg")).as("a name without a label").isNull();
    assertThat(table.nameOf("4.jpg")).isEqualTo("4.jpg");
    assertThat(table.labelOf("5.jpg")).isNull();
    assertThat(table.labelOf("a/.jpg")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "'id,breed\nx,1', 1",
    "'\uFEFFfile_name,width,class\nx,640,1', 1",
    "'label,name\n1,x', 1",
    "'x,1,more', 1",
    "'Filename,x\nx,1', 1",
    "'key,x\nx,1', 1"
  })
  void aFirstLineMayNameTheColumns(String text, String label) throws IOException {
    LabelTable table = table(text);
    assertThat(table.size()).isEqualTo(1);
    assertThat(table.labelOf("x.jpg")).isEqualTo(label);
  }

  @Test
  void tabsSeparateInAFileThatIsCalledSo() throws IOException {
    Path file = Files.writeString(folder.resolve("labels.tsv"), "a,b.jpg\tone, two\n");
    assertThat(LabelTable.read(file.toString()).labelOf("a,b.jpg")).isEqualTo("one, two");
  }

  @ParameterizedTest
  @CsvSource({
    "'a.jpg', 'record 1: a name and a label are needed, with a comma between them'",
    "'a.jpg,cat\nb.jpg', 'record 2: a name and a label are needed, with a comma between them'",
    "'a.jpg,cat\na.jpg,dog', 'record 2: ''a.jpg'' has the label ''cat'' already'",
    "'', 'holds no names: name,label is a line of it'",
    "'name,label', 'holds no names: name,label is a line of it'"
  })
  void whatIsNoTableIsRefusedInOneLine(String text, String error) {
    assertThatThrownBy(() -> table(text))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(error)
        .hasMessageContaining("labels.csv");
  }

  @Test
  void quotesThatNobodyClosesAreNamed() {
    assertThatThrownBy(() -> table("a.jpg,cat\nb.jpg,\"dog\n"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("labels.csv")
        .hasMessageNotContainingAny("\n");
  }

  private LabelTable table(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("labels.csv"), text);
    return LabelTable.read(file.toString());
  }
}
