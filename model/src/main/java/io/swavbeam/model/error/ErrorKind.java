package io.swavbeam.model.error;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The kinds of errors, for programs. Their names are written into dead letters, and sent from
 * workers and trainers to the process that started them.
 */
public enum ErrorKind {
  // Errors of an image or an input file.

  /** The file or image cannot be opened or read. */
  UNREADABLE_FILE,
  /** The file is cut off, or its content is invalid. */
  DAMAGED,
  /** The file has no bytes. */
  EMPTY,
  /** The image has more bytes or pixels than the limits allow. */
  TOO_LARGE,
  /** The format is not supported. */
  FORMAT_NOT_READ,
  /** The format or the store needs a library that is not on the class path. */
  MISSING_LIBRARY,
  /** The image is a HEIC, and this system has no command that decodes it. */
  HEIC_NOT_READ,
  /** The image is an AVIF, and this system has no command that decodes it. */
  AVIF_NOT_READ,
  /**
   * The entry is not an image, an archive or a file beside images, for example a device or a broken
   * link. Or it is an archive where an image was expected.
   */
  NOT_AN_IMAGE,
  /** No column of the Parquet file is recognised as the column of images. */
  NO_IMAGE_COLUMN,
  /** The message contains an image where a path or URI was expected. */
  IMAGE_IN_MESSAGE,
  /** The file has changed since its images were embedded. */
  CHANGED_FILE,
  /** The embedding of the image is not finite. */
  NOT_FINITE,

  // Errors of the input.

  /** An input names no file or image. */
  NO_INPUT,
  /** The Kafka brokers do not answer, or refuse the request. */
  NO_BROKERS,
  /** There is no such topic. */
  NO_TOPIC,
  /** There are no embeddings. */
  NO_EMBEDDINGS,

  // Errors of a model.

  /** There is no model. */
  NO_MODEL,
  /** The run has checkpoints, but no exported model. */
  NOT_EXPORTED,
  /** A model of an earlier version lacks data that the operation needs. */
  EARLIER_MODEL,
  /** A file has a format of a later version. */
  LATER_FORMAT,
  /** The initial model has another network than the recipe. */
  OTHER_NETWORK,

  // Errors of a training run, or of a folder of embeddings.

  /** The folder cannot be used for this run or these embeddings. Another folder can be used. */
  FOLDER_TAKEN,
  /** Another job is using the folder. */
  FOLDER_IN_USE,
  /** Another job with the same input is using the folder. */
  SAME_AT_WORK,
  /** The folder holds a run or embeddings, and resuming was disabled. */
  ALREADY_BEGUN,
  /** The folder holds embeddings of the current decoding version with other decoding options. */
  DECODED_OTHERWISE,
  /** The folder holds a run with another configuration. */
  OTHER_RUN,
  /** The folder holds the same run with another number of steps. */
  OTHER_LENGTH,
  /** The folder holds a run with the decoding of another version. */
  OTHER_DECODING,
  /** The input is listed with other settings than when the run began. */
  OTHER_LISTING,
  /** The loss or the weights are not finite, but an earlier checkpoint is finite. */
  DIVERGED,
  /** The loss or the weights are not finite, and there is no good checkpoint. */
  DIVERGED_AT_ONCE,
  /** Too many images cannot be read. */
  UNREADABLE_IMAGES,
  /** A training step needs more memory than is available. */
  STEP_TOO_LARGE,
  /** Training has failed for another reason. */
  TRAINING_FAILED,

  // Errors of a trainer elsewhere.

  /** There is no trainer at the address, or the trainer uses TLS and the client does not. */
  NO_TRAINER,
  /** There is no trainer with TLS at the address. */
  NO_TRAINER_WITH_TLS,
  /** Client and trainer have incompatible TLS settings. */
  OTHER_TLS,

  // Errors of this machine, and others.

  /** The requested device cannot be used. */
  UNUSABLE_DEVICE,
  /** This build has no kernels for GPUs. */
  BUILD_FOR_CPUS,
  /** CUDA or cuDNN is missing. */
  NO_CUDA,
  /** The configuration is not valid. */
  INVALID_CONFIG,
  /** Any other error. */
  OTHER;

  /** Returns the kind with a name; {@link #OTHER} if the name is null or unknown. */
  public static ErrorKind named(@Nullable String name) {
    for (ErrorKind kind : values()) {
      if (kind.name().equals(name)) {
        return kind;
      }
    }
    return OTHER;
  }
}
