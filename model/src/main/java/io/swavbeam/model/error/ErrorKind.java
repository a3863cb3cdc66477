package io.swavbeam.model.error;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The kinds of errors, for programs. Their names are written into dead letters, and sent from
 * workers and trainers to the process that started them.
 */
public enum ErrorKind {
  // Errors of an image or an input file.

  /** It cannot be opened or read. */
  UNREADABLE_FILE,
  /** It is cut off, or its bytes are not what they should be. */
  DAMAGED,
  /** It has no bytes. */
  EMPTY,
  /** It has more bytes or pixels than the limits allow. */
  TOO_LARGE,
  /** It is of a format that is not read. */
  FORMAT_NOT_READ,
  /** It is of a format or in a store that a library reads which is missing. */
  MISSING_LIBRARY,
  /** It is a HEIC, and this system has no command that decodes them. */
  HEIC_NOT_READ,
  /** It is an AVIF, and this system has no command that decodes them. */
  AVIF_NOT_READ,
  /**
   * It is not an image, an archive or a file beside images, but for example a device or a broken
   * link. Or it is an archive, and an image was expected.
   */
  NOT_AN_IMAGE,
  /** No column of a Parquet file is known to hold its images. */
  NO_IMAGE_COLUMN,
  /** A message holds an image where a path or URI was expected. */
  IMAGE_IN_MESSAGE,
  /** The file has changed since its images were embedded. */
  CHANGED_FILE,
  /** The network's answer is not finite. */
  NOT_FINITE,

  // Errors of the input.

  /** An input names no file or image. */
  NO_INPUT,
  /** Brokers of Kafka cannot be asked. */
  NO_BROKERS,
  /** There is no such topic. */
  NO_TOPIC,
  /** There are no embeddings. */
  NO_EMBEDDINGS,

  // Errors of a model.

  /** There is no model. */
  NO_MODEL,
  /** There is a run with checkpoints, of which no model was exported. */
  NOT_EXPORTED,
  /** A model of an earlier version lacks what is asked of it. */
  EARLIER_MODEL,
  /** A file has a format of a later version. */
  LATER_FORMAT,
  /** The model to begin with has another network than the recipe. */
  OTHER_NETWORK,

  // Errors of a training run, or of a folder of embeddings.

  /** Its folder cannot be used for this run, but others can. */
  FOLDER_TAKEN,
  /** Others are at work in its folder. */
  FOLDER_IN_USE,
  /** Others are at work in its folder, and do the same. */
  SAME_AT_WORK,
  /** Its folder holds what was begun before, and that was not to be gone on with. */
  ALREADY_BEGUN,
  /** Its folder holds embeddings of pictures that were decoded in another way of this version. */
  DECODED_OTHERWISE,
  /** Its folder holds a run of another configuration. */
  OTHER_RUN,
  /** Its folder holds the same run with fewer or more steps. */
  OTHER_LENGTH,
  /** Its folder holds a run whose pictures another version has decoded otherwise. */
  OTHER_DECODING,
  /** Its input is listed with other settings than when it began. */
  OTHER_LISTING,
  /** The loss or the weights are not finite; an earlier checkpoint is. */
  DIVERGED,
  /** The loss or the weights are not finite, before there is a good checkpoint. */
  DIVERGED_AT_ONCE,
  /** Too many images cannot be read. */
  UNREADABLE_IMAGES,
  /** A step takes more memory than there is. */
  STEP_TOO_LARGE,
  /** Training cannot go on for another reason. */
  TRAINING_FAILED,

  // Errors of a trainer elsewhere.

  /** There is none at this address, or it speaks TLS and this side does not. */
  NO_TRAINER,
  /** There is none at this address that speaks TLS as this side does. */
  NO_TRAINER_WITH_TLS,
  /** The two sides do not agree on TLS. */
  OTHER_TLS,

  // Of this machine, and the rest.

  /** A device that was asked for cannot be used. */
  UNUSABLE_DEVICE,
  /** This build has no kernels for GPUs. */
  BUILD_FOR_CPUS,
  /** CUDA or cuDNN is missing. */
  NO_CUDA,
  /** A configuration cannot be run. */
  INVALID_CONFIG,
  /** Something else. */
  OTHER;

  /** The kind of a name; {@link #OTHER} if it is null or of a later version. */
  public static ErrorKind named(@Nullable String name) {
    for (ErrorKind kind : values()) {
      if (kind.name().equals(name)) {
        return kind;
      }
    }
    return OTHER;
  }
}
