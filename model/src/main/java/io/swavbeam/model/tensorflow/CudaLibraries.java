package io.swavbeam.model.tensorflow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/** The libraries of CUDA and cuDNN on the class path, if the build includes them. */
final class CudaLibraries {
  private static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";

  /** The libraries. Each one follows those that it depends on. */
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
   * Loads the libraries, if they are on the class path. Must be called before TensorFlow looks for
   * devices, because TensorFlow opens CUDA by name.
   *
   * <p>Loads them for the whole process, because Flink has a class loader for each job, and a
   * library cannot be loaded by two class loaders.
   *
   * @throws UncheckedIOException if a library cannot be unpacked
   */
  static void load() {
    for (String name : NAMES) {
      URL resource = CudaLibraries.class.getResource(FOLDER + name);
      if (resource == null) {
        return; // the libraries of the system are used
      }
      try {
        Loader.loadGlobal(Loader.cacheResource(resource).getAbsolutePath());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
