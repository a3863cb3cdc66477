package io.swavbeam.model.tensorflow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/** CUDA and cuDNN from the class path, where the build was asked to bring them. */
final class CudaLibraries {
  private static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";

  /** In an order in which each finds what it needs. */
  private static final List<String> NAMES =
      List.of(
          ("libcudart.so.12 libnvJitLink.so.12 libnvrtc-builtins.so.12.6 "
                  + "libnvrtc.so.12 libcublasLt.so.12 libcublas.so.12 libcufft.so.11 "
                  + "libcurand.so.10 libcusparse.so.12 libcusolver.so.11 libcudnn_graph.so.9 "
                  + "libcudnn_ops.so.9 libcudnn_cnn.so.9 libcudnn_adv.so.9 "
                  + "libcudnn_heuristic.so.9 libcudnn_engines_precompiled.so.9 "
                  + "libcudnn_engines_runtime_compiled.so.9 libcudnn.so.9 libnccl.so.2 "
                  + "libcupti.so.12")
              .split(" "));

  private CudaLibraries() {}

  /**
   * Loads them, if they are there. To be called before TensorFlow looks for devices: it opens CUDA
   * by name, and finds what the process has loaded already.
   *
   * <p>They are loaded for the whole process and not for a class loader, since Flink gives each job
   * one of its own, and the second job would be refused.
   *
   * @throws UncheckedIOException if they cannot be unpacked
   */
  static void load() {
    for (String name : NAMES) {
      URL resource = CudaLibraries.class.getResource(FOLDER + name);
      if (resource == null) {
        return; // the machine's own are to be used
      }
      try {
        Loader.loadGlobal(Loader.cacheResource(resource).getAbsolutePath());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
