package io.swavbeam.model.crops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CropBoxTest {
  private static final int DRAWS = 20_000;

  @Test
  void drawsAreaAndRatioAsTorchvisionDoes() {
    double area = 0;
    double logRatio = 0;
    double squaredLogRatio = 0;
    for (int i = 0; i < DRAWS; i++) {
      CropBox box = CropBox.random(StatelessRandom.of(1, i), 500, 500, 0.2, 0.4);
      assertInside(box, 500, 500);
      area += box.height() * box.width() / 250_000.0;
      double log = Math.log((double) box.width() / box.height());
      logRatio += log;
      squaredLogRatio += log * log;
      assertThat(Math.exp(Math.abs(log))).isLessThan(4.0 / 3 * 1.01);
    }
    // Uniform in [0.2, 0.4), and in [-log 4/3, log 4/3): the variance is a third of the square.
    assertThat(area / DRAWS).isCloseTo(0.3, within(0.002));
    assertThat(logRatio / DRAWS).isCloseTo(0, within(0.005));
    assertThat(squaredLogRatio / DRAWS)
        .isCloseTo(Math.pow(Math.log(4.0 / 3), 2) / 3, within(0.001));
  }

  @Test
  void takesTheMiddleWhereNothingFits() {
    // Ten times wider than high: no box of the whole area has a permitted ratio.
    assertThat(CropBox.random(StatelessRandom.of(1), 30, 300, 1, 1))
        .isEqualTo(new CropBox(0, 130, 30, 40));
    assertThat(CropBox.random(StatelessRandom.of(1), 300, 30, 1, 1))
        .isEqualTo(new CropBox(130, 0, 40, 30));
  }

  @Test
  void reachesEveryBorder() {
    int top = 0;
    int bottom = 0;
    for (int i = 0; i < 2000; i++) {
      CropBox box = CropBox.random(StatelessRandom.of(2, i), 10, 10, 0.3, 0.5);
      assertInside(box, 10, 10);
      top += box.top() == 0 ? 1 : 0;
      bottom += box.top() + box.height() == 10 ? 1 : 0;
    }
    assertThat(top).isPositive();
    assertThat(bottom).isBetween((int) (0.8 * top), (int) (1.25 * top));
  }

  @Test
  void worksOnTheSmallestImage() {
    assertThat(CropBox.random(StatelessRandom.of(1), 1, 1, 0.05, 0.1))
        .isEqualTo(new CropBox(0, 0, 1, 1));
  }

  private static void assertInside(CropBox box, int height, int width) {
    assertThat(box.top()).isNotNegative();
    assertThat(box.left()).isNotNegative();
    assertThat(box.top() + box.height()).isLessThanOrEqualTo(height);
    assertThat(box.left() + box.width()).isLessThanOrEqualTo(width);
  }
}
