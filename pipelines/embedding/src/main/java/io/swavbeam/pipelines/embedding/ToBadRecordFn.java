package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.image.DeadLetter;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.errorhandling.BadRecord;

/**
 * A function that converts dead letters to records for Beam's error handlers, with the name of the
 * image and without its bytes.
 */
final class ToBadRecordFn extends DoFn<DeadLetter, BadRecord> {
  @ProcessElement
  public void process(@Element DeadLetter letter, OutputReceiver<BadRecord> output) {
    output.output(
        BadRecord.builder()
            .setRecord(
                BadRecord.Record.builder().setHumanReadableJsonRecord(letter.toJson()).build())
            .setFailure(
                BadRecord.Failure.builder()
                    .setException(letter.error())
                    .setDescription("an image cannot be embedded (%s)".formatted(letter.stage()))
                    .build())
            .build());
  }
}
