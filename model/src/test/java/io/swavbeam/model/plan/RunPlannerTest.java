package io.swavbeam.model.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InitConfig;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.Presets;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.Shuffle;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.tensorflow.Hardware;
import java.util.Arrays;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans for images, hardware and options that this machine need not have. */
class RunPlannerTest {
  private static final DecodingConfig DECODING = DecodingConfig.DEFAULT;

  /** The hardware of a row of the table. */
  private record Computer(String device, Precision fastest, int largestBatch, int parts)
      implements Machine {
    @Override
    public boolean hasGpu() {
      return device.equals("gpu");
    }

    @Override
    public Precision precision(String name) {
      return name.equals(Hardware.AUTO) ? fastest : Hardware.precision(name);
    }

    @Override
    public int largestBatch(SwavConfig recipe, Precision precision) {
      return largestBatch;
    }

    @Override
    public OptionalInt microBatches(SwavConfig recipe, Precision precision) {
      return parts == 0 ? OptionalInt.empty() : OptionalInt.of(parts);
    }
  }

  @ParameterizedTest
  @CsvSource(
      useHeadersInDisplayName = true,
      textBlock =
"""
images,  side, grey,  device, fastest,  largest, fitting, recipe,  changes,               precision, memory, steps, backbone,  batch, prototypes, epochs, parts, planned,  of steps
50000,   32,   false, cpu,    FLOAT32,  9999,    1,       auto,    {},                    auto,      false,  0,     four-conv, 256,   300,        20,     1,     FLOAT32,  3900
50000,   32,   false, cpu,    BFLOAT16, 9999,    1,       auto,    {},                    auto,      false,  10,    four-conv, 256,   300,        20,     1,     BFLOAT16, 10
50000,   32,   false, cpu,    BFLOAT16, 9999,    1,       auto,    {},                    float32,   false,  10,    four-conv, 256,   300,        20,     1,     FLOAT32,  10
490,     375,  false, cpu,    FLOAT32,  9999,    1,       auto,    {},                    auto,      false,  0,     resnet18,  64,    60,         183,    1,     FLOAT32,  1281
490,     375,  false, cpu,    FLOAT32,  9999,    1,       auto,    {"epochs": 2},   auto,      false,  0,     resnet18,  64,    60,         2,      1,     FLOAT32,  14
1281167, 375,  false, gpu,    BFLOAT16, 9999,    1,       auto,    {},                    auto,      false,  1,     resnet50,  256,   3000,       400,    1,     BFLOAT16, 1
1281167, 375,  false, gpu,    BFLOAT16, 70,      1,       auto,    {},                    auto,      false,  1,     resnet50,  64,    3000,       400,    1,     BFLOAT16, 1
1281167, 375,  false, gpu,    FLOAT32,  70,      4,       auto,    {"batchSize": 128}, auto,   true,   1,     resnet50,  128,   3000,       400,    4,     FLOAT32,  1
490,     375,  false, cpu,    FLOAT32,  9999,    1,       imagenet, {},                   auto,      false,  1,     resnet50,  256,   3000,       400,    1,     FLOAT32,  1
490,     375,  false, cpu,    FLOAT32,  9999,    8,       imagenet, {},                   auto,      true,   1,     resnet50,  256,   3000,       400,    8,     FLOAT32,  1
490,     375,  false, cpu,    FLOAT32,  9999,    0,       imagenet, {},                   auto,      true,   1,     resnet50,  256,   3000,       400,    1,     FLOAT32,  1
40,      375,  false, gpu,    BFLOAT16, 9999,    1,       auto,    {},                    auto,      false,  1,     resnet50,  32,    60,         400,    1,     BFLOAT16, 1
""")
  void newRuns(
      long images,
      int side,
      boolean grey,
      String device,
      Precision fastest,
      int largest,
      int fitting,
      String recipe,
      String changes,
      String precision,
      boolean memory,
      long steps,
      String backbone,
      int batch,
      int prototypes,
      int epochs,
      int parts,
      Precision planned,
      long ofSteps)
      throws JsonProcessingException {
    RunPlan plan =
        RunPlanner.plan(
            new RunRequest(
                recipe(recipe, changes), precision, memory, 7, steps, DECODING, true, 0.1),
            new RunImages(images, "names", "bytes", new RunImages.Sample(64, side, grey)),
            new Computer(device, fastest, largest, fitting),
            new RunPlanner.Directory(InitConfig.NONE, null, false));
    SwavConfig found = plan.run().recipe();
    assertThat(found.network().backbone()).isEqualTo(backbone);
    assertThat(found.batchSize()).isEqualTo(batch);
    assertThat(found.network().prototypes()).isEqualTo(prototypes);
    assertThat(found.epochs()).isEqualTo(epochs);
    assertThat(found.microBatches()).isEqualTo(parts);
    assertThat(plan.run())
        .isEqualTo(
            new RunConfig(
                found,
                planned,
                7,
                ofSteps,
                images,
                "names",
                "bytes",
                DECODING,
                0.1,
                InitConfig.NONE,
                Shuffle.FEISTEL));
    assertThat(plan.reasons())
        .hasSize((recipe.equals(Hardware.AUTO) ? 3 : 0) + (memory && fitting > 1 ? 1 : 0));
    assertThat(plan.warnings()).hasSize(memory && fitting == 0 ? 1 : 0);
  }

  private static RecipeRequest recipe(String name, String changes) throws JsonProcessingException {
    return name.equals(Hardware.AUTO)
        ? new RecipeRequest.Chosen(new ObjectMapper().readTree(changes))
        : new RecipeRequest.Named(Presets.load(name));
  }

  /**
   * A run of version 0.1: in float32, with few images, in micro-batches, and without a digest of
   * the content.
   */
  private static final RunConfig BEGUN =
      new RunConfig(
          Presets.load("photos").withMicroBatches(2),
          Precision.FLOAT32,
          7,
          20,
          490,
          "earlier names",
          "",
          DecodingConfig.FIRST.withDecode(Decode.FULL),
          0.1,
          InitConfig.NONE,
          Shuffle.FISHER_YATES);

  /** Values that are not given are those of the begun run, on any hardware. */
  @Test
  void aResumedRunKeepsWhatIsLeftOpen() throws JsonProcessingException {
    RunPlan plan =
        RunPlanner.plan(
            new RunRequest(
                recipe(Hardware.AUTO, "{}"), "auto", true, 7, 20, DecodingConfig.FIRST, true, 0.1),
            new RunImages(490, "names", "bytes", RunImages.Sample.NONE),
            new Computer("gpu", Precision.BFLOAT16, 9999, 1),
            new RunPlanner.Directory(InitConfig.NONE, BEGUN, true));
    assertThat(plan.run()).isEqualTo(BEGUN);
    assertThat(plan.reasons()).isEmpty();
    assertThat(plan.warnings()).isEmpty();
  }

  @Test
  void whatIsAskedOtherwiseIsToldByItsKey() throws JsonProcessingException {
    RunPlan plan =
        RunPlanner.plan(
            new RunRequest(
                recipe(Hardware.AUTO, "{\"epsilon\": 0.04}"),
                "bfloat16",
                false,
                7,
                20,
                DECODING,
                false,
                0.1),
            new RunImages(491, "names", "bytes", RunImages.Sample.NONE),
            new Computer("cpu", Precision.FLOAT32, 9999, 1),
            new RunPlanner.Directory(InitConfig.NONE, BEGUN, false));
    assertThat(plan.run().precision()).isEqualTo(Precision.BFLOAT16);
    assertThat(plan.run().recipe().microBatches()).isEqualTo(2);
    assertThat(plan.run().decoding()).isEqualTo(DECODING);
    assertThat(plan.run().content()).isEmpty();
    assertThat(plan.warnings())
        .allMatch(warning -> warning.startsWith("the run that was begun differs in "))
        .extracting(warning -> warning.replaceFirst(".* in ([\\w.]+): .*", "$1"))
        .isEqualTo(
            Arrays.asList(
                "decoding.alpha",
                "decoding.decode",
                "decoding.version",
                "images",
                "manifest",
                "precision",
                "recipe.loss.epsilon"));
  }
}
