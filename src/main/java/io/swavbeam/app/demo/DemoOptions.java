package io.swavbeam.app.demo;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** Options of {@code swav demo}. */
public interface DemoOptions extends SwavOptions {
  @Description("A labelled archive; without it, a small one is drawn.")
  String getInput();

  void setInput(String value);

  @Description("Steps of the training. With fewer steps, the results are worse.")
  @Default.Integer(600)
  int getSteps();

  void setSteps(int value);

  @Description("Folder for everything that the demo makes.")
  @Default.String("demo")
  String getOutput();

  void setOutput(String value);
}
