package io.swavbeam.app.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.app.report.Report.Content;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A report as one self-contained HTML file: page, style, script, ECharts, data and thumbnails. */
public final class HtmlReport {
  private static final Pattern PLACE = Pattern.compile("/\\*(style|echarts|data|script)\\*/");
  private static final String ECHARTS =
      "/META-INF/resources/webjars/echarts/%s/dist/echarts.min.js";
  private static final String ECHARTS_PROPERTIES =
      "/META-INF/maven/org.webjars.npm/echarts/pom.properties";

  /** The parts of the script of the page, each of which may use those before it. */
  private static final List<String> SCRIPT =
      List.of(
          "page",
          "overview",
          "map",
          "clusters",
          "neighbours",
          "features",
          "training",
          "crops",
          "start");

  private HtmlReport() {}

  /** Returns the text of the file. */
  public static String write(Content content) throws IOException {
    Map<String, String> parts =
        Map.of(
            "style", resource("/report/report.css") + sheets(content.sheets()),
            "echarts", resource(ECHARTS.formatted(echartsVersion())),
            "data", json(content.data()),
            "script", script());
    return PLACE
        .matcher(resource("/report/report.html"))
        .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
  }

  /** Wraps the script into a function, so that its names are local. */
  private static String script() throws IOException {
    StringBuilder script = new StringBuilder("'use strict';\n(() => {\n");
    for (String part : SCRIPT) {
      script.append(resource("/report/%s.js".formatted(part))).append('\n');
    }
    return script.append("})();\n").toString();
  }

  /** Returns a CSS class for each sheet, so that its bytes are in the file once. */
  private static String sheets(List<String> sheets) {
    StringBuilder style = new StringBuilder();
    for (int i = 0; i < sheets.size(); i++) {
      style.append(".sheet%d{background-image:url(%s)}%n".formatted(i, sheets.get(i)));
    }
    return style.toString();
  }

  /** Escapes JSON, because text within a script must not look like its end. */
  private static String json(ReportData data) {
    try {
      return new ObjectMapper().writeValueAsString(data).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String echartsVersion() throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(resource(ECHARTS_PROPERTIES)));
    return properties.getProperty("version");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(name + " is not in this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
