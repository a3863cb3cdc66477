package io.swavbeam.app.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OneDnnLogTest {
  @Test
  void addsUpConvolutionsAndProductsAlone() {
    String log =
        """
        onednn_verbose,info,oneDNN v3.5.0 (commit N/A)
        onednn_verbose,primitive,info,template:operation,engine,primitive,implementation,prop_kind,exec_time
        onednn_verbose,primitive,create:cache_miss,cpu,convolution,brg_conv_fwd,forward_training,f,a,alg,mb2_ic3,9
        onednn_verbose,primitive,exec,cpu,convolution,brg_conv_fwd:avx512_core,forward_training,f,a,alg,mb2_ic3oc8,1.5
        onednn_verbose,primitive,exec,cpu,convolution,brdgmm_dw:avx512_core,forward_training,f,a,alg,g64mb2_ic64oc64,32
        onednn_verbose,primitive,exec,cpu,batch_normalization,bnorm_tbb_jit,backward,f,a,flags:CH,mb2_ic64,64
        onednn_verbose,v1,primitive,exec,cpu,matmul,brg_matmul:avx512_core,undef,f,a,,64x32:32x8,0.25
        warm
        onednn_verbose,primitive,exec,cpu,gemm_api,undef,f,a,,64x32:32x8,0.125
        """;

    assertThat(OneDnnLog.secondsOfProducts(log)).isEqualTo(1.875e-3, within(1e-9));
  }

  @Test
  void isZeroWhereOneDnnIsNotUsed() {
    assertThat(OneDnnLog.secondsOfProducts("warm\n12.5\n")).isZero();
  }
}
