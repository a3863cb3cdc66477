package io.swavbeam.model.tensorflow;

import io.swavbeam.model.error.ErrorKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.DeviceSpec;
import org.tensorflow.DeviceSpec.DeviceType;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.TensorFlow;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;

/** A check whether TensorFlow can compute on the GPUs of this machine. */
final class Gpus {
  private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");
  private static final String GPU_LIBRARY =
      "/org/tensorflow/internal/c_api/linux-x86_64-gpu/libtensorflow_cc.so.2";

  /** The libraries that TensorFlow opens by name. Without one of them, it uses no GPU. */
  private static final List<String> CUDA =
      List.of(
          "libcudart.so.12",
          "libcublas.so.12",
          "libcublasLt.so.12",
          "libcufft.so.11",
          "libcusolver.so.11",
          "libcusparse.so.12");

  private static final double AMPERE = 8;
  private static final String CUDNN = "libcudnn.so.9";

  /** The reason why a GPU cannot be used, in one line. */
  record Problem(ErrorKind kind, String why) {}

  private Gpus() {}

  /**
   * Tries to compute on a GPU.
   *
   * @return empty if it works, else the reason
   */
  static Optional<Problem> problem(int number) {
    if (Gpus.class.getResource(GPU_LIBRARY) == null) {
      return problem(ErrorKind.BUILD_FOR_CPUS, "this build is for CPUs only");
    }
    if (canRunOn(number)) {
      return Optional.empty();
    }
    // Checked afterwards, because sandboxed containers can have a GPU without this file.
    if (!Files.exists(DRIVER)) {
      return problem(ErrorKind.UNUSABLE_DEVICE, "this machine has no NVIDIA driver");
    }
    List<String> missing = new ArrayList<>();
    for (String library : CUDA) {
      if (!canLoad(library)) {
        missing.add(library);
      }
    }
    if (!missing.isEmpty()) {
      return problem(
          ErrorKind.NO_CUDA, "CUDA 12 is missing (%s)".formatted(String.join(", ", missing)));
    }
    if (!canLoad(CUDNN)) {
      return problem(ErrorKind.NO_CUDA, "cuDNN 9 is missing (%s)".formatted(CUDNN));
    }
    return problem(
        ErrorKind.UNUSABLE_DEVICE,
        "TensorFlow sees no such GPU: `nvidia-smi -L` lists those of this machine");
  }

  private static Optional<Problem> problem(ErrorKind kind, String why) {
    return Optional.of(new Problem(kind, why));
  }

  private static boolean canRunOn(int number) {
    try (Graph graph = new Graph()) {
      DeviceSpec device =
          DeviceSpec.newBuilder().deviceType(DeviceType.GPU).deviceIndex(number).build();
      Ops tf = Ops.create(graph).withDevice(device);
      Operand<TFloat32> sum = tf.math.add(tf.constant(1f), tf.constant(2f));
      ConfigProto config =
          Sessions.networkConfig().toBuilder().setAllowSoftPlacement(false).build();
      try (Session session = new Session(graph, config)) {
        session.runner().fetch(sum).run().close();
        return true;
      }
    } catch (TensorFlowException | IllegalArgumentException e) {
      // TensorFlow's message is about op placement. The caller determines the reason.
      return false;
    }
  }

  private static boolean canLoad(String library) {
    try {
      TensorFlow.loadLibrary(library);
      return true;
    } catch (UnsatisfiedLinkError | RuntimeException e) {
      // This is the only way to find out whether the linker finds the library.
      return !String.valueOf(e.getMessage()).contains("cannot open shared object");
    }
  }

  /** Returns whether a GPU has instructions for bfloat16, as GPUs since Ampere have. */
  static boolean hasBfloat16(int number) {
    return isAmpere(ask(number, "compute_cap"));
  }

  /** Returns the bytes of a GPU's memory; {@link Long#MAX_VALUE} if they are not known. */
  static long memory(int number) {
    String mebibytes = ask(number, "memory.total").strip();
    return mebibytes.matches("\\d{1,12}") ? Long.parseLong(mebibytes) << 20 : Long.MAX_VALUE;
  }

  /** Returns the output of {@code nvidia-smi}; empty if there is no such program. */
  private static String ask(int number, String what) {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi",
                  "--id=" + number,
                  "--query-gpu=" + what,
                  "--format=csv,noheader,nounits")
              .redirectErrorStream(true)
              .start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * @param answer of {@code nvidia-smi} to the question for the compute capability
   */
  static boolean isAmpere(String answer) {
    String capability = answer.strip();
    return capability.matches("\\d+\\.\\d+") && Double.parseDouble(capability) >= AMPERE;
  }
}
