package io.swavbeam.app.report;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import io.swavbeam.app.demo.DemoArchive;
import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.TestPhotos;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The report of a run on images of the demo, in a real browser without a network. Writes
 * screenshots to {@code target/report}.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReportInBrowserTest {
  private static final List<String> CHARTS =
      List.of(
          "map",
          "sizes",
          "values",
          "variance",
          "range",
          "scree",
          "correlation",
          "loss",
          "learning-rate",
          "code-entropy",
          "prototypes-used",
          "feature-deviation",
          "gradient-norm",
          "images-per-second");

  private Path report;
  private Playwright playwright;
  private Browser browser;
  private BrowserContext context;
  private Page page;
  private final List<String> errors = new ArrayList<>();

  @BeforeAll
  void makeTheReport(@TempDir Path folder) throws Exception {
    Path chromium = chromium();
    assumeTrue(chromium != null, "SKIPPED: there is no Chromium on the PATH");
    Path images = folder.resolve("shapes.tar");
    DemoArchive.write(images, DemoArchive.IMAGES);
    Path run = folder.resolve("run");
    Path embeddings = folder.resolve("embeddings");
    report = Files.createDirectories(Path.of("target/report")).resolve("report.html");
    swav(
        "train",
        "--input=" + images,
        "--output=" + run,
        "--preset=" + TestPhotos.recipe(folder),
        "--steps=60");
    swav("embed", "--model=" + run, "--input=" + images, "--output=" + embeddings);
    swav("report", "--run=" + run, "--embeddings=" + embeddings, "--output=" + report);
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(chromium)
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  private static void swav(String... arguments) {
    Commands.swav(arguments).succeededQuietly();
  }

  private static Path chromium() {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .flatMap(
            path ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(path, name)))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  @BeforeEach
  void open() {
    errors.clear();
    open(1440, 900, ColorScheme.LIGHT);
  }

  private void open(int width, int height, ColorScheme scheme) {
    if (context != null) {
      context.close();
    }
    context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(scheme)
                .setOffline(true));
    page = context.newPage();
    page.onConsoleMessage(
        message -> {
          if (message.type().matches("error|warning")) {
            errors.add(message.text());
          }
        });
    page.onPageError(errors::add);
    page.onRequest(
        request -> {
          if (!request.url().matches("(?s)(file|data):.*")) {
            errors.add("fetched " + request.url());
          }
        });
    page.navigate(report.toUri().toString());
    assertThat(page.locator("html")).hasAttribute("data-ready", "true");
  }

  @AfterEach
  void hasNoErrors() {
    assertThat(errors).isEmpty();
    context.close();
    context = null;
  }

  @AfterAll
  void closeTheBrowser() {
    if (playwright != null) {
      browser.close();
      playwright.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"1440,900,LIGHT", "820,1180,DARK", "390,844,LIGHT"})
  void drawsEveryChartAtEveryWidth(int width, int height, ColorScheme scheme) {
    open(width, height, scheme);
    for (String chart : CHARTS) {
      Locator canvas = page.locator("#%s-chart canvas".formatted(chart)).first();
      canvas.scrollIntoViewIfNeeded();
      assertThat(colours(canvas)).as("colours of the %s chart", chart).isGreaterThan(2);
    }
    // Nothing exceeds the width of the page.
    assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(width);
    assertThat(page.locator("html"))
        .hasAttribute("data-theme", scheme == ColorScheme.DARK ? "dark" : "light");
    page.evaluate("window.scrollTo(0, 0)");
    page.screenshot(
        new Page.ScreenshotOptions()
            .setFullPage(true)
            .setPath(report.resolveSibling("report-%d.png".formatted(width))));
  }

  private static int colours(Locator canvas) {
    return (int)
        canvas.evaluate(
            "canvas => new Set(new Uint32Array(canvas.getContext('2d')"
                + ".getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size");
  }

  @Test
  void showsAnImageWhereThePointerIs() {
    Locator map = page.locator("#map-chart");
    map.scrollIntoViewIfNeeded();
    double[] point = firstPoint();
    page.mouse().move(point[0] - 30, point[1] - 30);
    page.mouse().move(point[0], point[1]);
    Locator tip = page.locator("#map-chart .tip");
    assertThat(tip).isVisible();
    assertThat(tip).containsText("Cluster");
    assertThat(
            tip.locator(".thumb").evaluate("e => getComputedStyle(e).backgroundImage").toString())
        .startsWith("url(\"data:image/jpeg");
    page.mouse().click(point[0], point[1]);
    assertThat(page.locator("#map-detail .thumb")).isVisible();
    page.locator("#map-detail button").click();
    assertThat(page.locator("#cluster-list :focus h3"))
        .hasText(Pattern.compile("Cluster \\d+: .*"));
  }

  /** Returns the position of the first point of the map on the screen. */
  private double[] firstPoint() {
    List<?> at =
        (List<?>)
            page.evaluate(
                "() => { const place = document.getElementById('map-chart');"
                    + "const chart = echarts.getInstanceByDom(place);"
                    + "const point = chart.getOption().series[0].data[0];"
                    + "const [x, y] = chart.convertToPixel({seriesIndex: 0}, [point[0], point[1]]);"
                    + "const box = place.getBoundingClientRect(); return [box.x + x, box.y + y]; }");
    return new double[] {((Number) at.get(0)).doubleValue(), ((Number) at.get(1)).doubleValue()};
  }

  @Test
  void filtersAndColoursTheMap() {
    Locator count = page.locator("#map-count");
    assertThat(count).hasText("3,000 images shown");
    page.locator("#map-filter").selectOption("0");
    assertThat(count).not().hasText("3,000 images shown");
    // "everything", and each label.
    assertThat(seriesOfTheMap()).hasSize(page.locator("#map-filter option").count() - 1);
    assertThat(seriesOfTheMap().size()).isGreaterThan(5);
    page.locator("#map-filter").selectOption("");
    page.locator("#map-colour").selectOption("cluster");
    assertThat(seriesOfTheMap()).allMatch(name -> name.matches("cluster \\d+|smaller clusters"));
    page.locator("#map-search").fill("no such name");
    assertThat(count).hasText("0 images shown");
  }

  private List<String> seriesOfTheMap() {
    List<?> names =
        (List<?>)
            page.evaluate(
                "echarts.getInstanceByDom(document.getElementById('map-chart'))"
                    + ".getOption().series.map(series => series.name)");
    return names.stream().map(Object::toString).toList();
  }

  @Test
  void ordersAndFiltersClustersAndNeighbours() {
    Locator cards = page.locator("#cluster-list .card");
    int before = cards.count();
    assertThat(before).isGreaterThan(2);
    String largest = cards.first().locator("h3").innerText();
    page.locator("#cluster-order").selectOption("pure");
    assertThat(cards.first().locator(".thumb").first()).isVisible();
    page.locator("#cluster-order").selectOption("size");
    assertThat(cards.first().locator("h3")).hasText(largest);
    page.locator("#cluster-label").selectOption("1");
    assertThat(cards.count()).isLessThanOrEqualTo(before);

    Locator queries = page.locator("#neighbour-list .query");
    int all = queries.count();
    page.locator("#neighbours-control [value=wrong]").check();
    int wrong = queries.count();
    page.locator("#neighbours-control [value=right]").check();
    assertThat(queries.count()).isPositive().isEqualTo(all - wrong);
    assertThat(queries.first().locator(".pic").nth(1)).hasClass(Pattern.compile("right"));
  }

  @Test
  void isUsableByKeyboard() {
    page.keyboard().press("Tab");
    assertThat(page.locator(".skip")).isFocused();
    page.locator("#map-chart").focus();
    page.keyboard().press("ArrowRight");
    Locator name = page.locator("#map-detail dd").last();
    String first = name.innerText();
    page.keyboard().press("ArrowRight");
    assertThat(name).not().hasText(first);
    page.keyboard().press("ArrowLeft");
    assertThat(name).hasText(first);
    page.locator("#theme").focus();
    page.keyboard().press("Enter");
    page.keyboard().press("Enter");
    assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
  }
}
