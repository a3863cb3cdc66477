package io.swavbeam.app.crops;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.app.images.EncodedPicture;
import io.swavbeam.app.images.ReadableImages;
import io.swavbeam.app.training.TrainingSetup;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.crops.MultiCrop;
import io.swavbeam.model.image.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command {@code swav crops}, which draws the crops of a recipe's augmentation. */
public final class CropsCommand extends Command<CropsOptions> {
  /** The preset if none is given. It shows most features of recipes. */
  private static final String OTHERWISE = "photos";

  private static final int MAX_IMAGES = 8;

  public CropsCommand() {
    super("crops", "show the crops that a recipe makes of images", CropsOptions.class);
  }

  @Override
  protected void run(CropsOptions options, Console console)
      throws UsageException, CommandFailedException, IOException {
    Options.require(options.getInput(), "input");
    Options.atLeast(options.getImages(), 1, "images");
    SwavConfig recipe = TrainingSetup.recipe(options, OTHERWISE);
    int count = Math.min(MAX_IMAGES, options.getImages());
    Path output = Options.outputFile(options.getOutput());
    List<Picture> images = new ArrayList<>();
    MultiCrop crops = new MultiCrop(recipe);
    try {
      ReadableImages.visit(
          options.getInput(),
          Options.limits(options),
          Options.decoding(options, DecodingConfig.DEFAULT),
          (height, width) -> crops.reduction(options.getSeed(), images.size(), height, width),
          image -> console.say("left out %s", image),
          (ref, image) -> {
            images.add(image);
            return images.size() < count;
          });
      if (images.isEmpty()) {
        throw new CommandFailedException(
            "--input=%s holds no image that can be read"
                .formatted(String.join(",", options.getInput())));
      }
      EncodedPicture.png(CropsPicture.draw(recipe, images, options.getSeed())).write(output);
    } finally {
      images.forEach(Picture::close);
    }
    console.say("the crops of %d images are in %s", images.size(), output);
  }
}
