package io.swavbeam.app.command;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.RecipeValue;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.tensorflow.Sessions;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.storage.Stores;
import java.beans.Introspector;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.PipelineOptionsRegistrar;
import org.apache.beam.sdk.util.StringUtils;
import org.apache.beam.sdk.util.common.ReflectHelpers;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A parser of the command line as Beam's options. Errors are one line. */
public final class Options {
  private static final Pattern GETTER = Pattern.compile("(?:get|is)(.+)");

  /** The largest edit distance of a suggested name. */
  private static final int MAX_EDITS = 2;

  private static final Pattern TIME = Pattern.compile("(\\d{1,6})([smh])");

  /** A message of Jackson about the type of a value. */
  private static final Pattern OF_ANOTHER_TYPE =
      Pattern.compile("Cannot deserialize value of type `(?:java\\.lang\\.)?(\\w+)` from String");

  private static final String NAME_PREFIX = "swav-";

  /** The largest number of threads, more than any machine has processors. */
  private static final int MAX_THREADS = 4096;

  private Options() {}

  /** Options with another name in version 0.1. */
  private static final Map<String, String> RENAMED = Map.of("--codeViews", "--cropsForAssign");

  /**
   * Parses the options of a command, and configures the file systems of this process.
   *
   * @param type the interface of the options
   * @throws UsageException if an option is unknown or has a bad value
   */
  public static <T extends SwavOptions> T parse(List<String> given, Class<T> type)
      throws UsageException {
    List<String> arguments =
        given.stream().map(Options::renamed).map(Options::withHomeFolder).toList();
    for (String argument : arguments) {
      if (!argument.matches("(?s)--[^=].*")) {
        throw new UsageException(
            "'%s' is not an option: options look like --input=photos.tar".formatted(argument));
      }
    }
    requireOnce(arguments, type);
    requireKnown(arguments, type);
    List<String> others = new ArrayList<>(arguments);
    ObjectNode recipeValues = takeRecipeValues(others, type);
    T options;
    try {
      options = PipelineOptionsFactory.fromArgs(others.toArray(String[]::new)).as(type);
    } catch (IllegalArgumentException | NullPointerException e) {
      // Thrown if a part of a JSON value is missing.
      throw new UsageException(explain(e, arguments, type));
    }
    if (options instanceof RecipeOptions recipe) {
      recipe.setRecipeValues(recipeValues);
    }
    threads(options.getTensorflowThreads(), "tensorflowThreads");
    threads(options.as(DirectOptions.class).getTargetParallelism(), "targetParallelism");
    if (options.getTensorflowThreads() > 0) {
      System.setProperty(Sessions.THREADS, Integer.toString(options.getTensorflowThreads()));
    }
    if (arguments.stream().noneMatch(argument -> argument.startsWith("--jobName="))) {
      options.setJobName(defaultName(type));
    }
    // These checks are for authors of transforms, and take longer than the work.
    DirectOptions direct = options.as(DirectOptions.class);
    direct.setEnforceImmutability(false);
    direct.setEnforceEncodability(false);
    direct.setBlockOnRun(false);
    if (arguments.stream().noneMatch(argument -> argument.matches("(?s).*s3:.*|--kafka=.*"))) {
      // Outside of Amazon's cloud, the lookup of the region takes a second.
      System.setProperty("aws.disableEc2Metadata", "true");
    }
    // Buckets are read before the pipeline is created, and also without a pipeline.
    try {
      Stores.prepare(options);
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
    return options;
  }

  /** Removes the values of a recipe from the arguments of a command that takes one. */
  private static ObjectNode takeRecipeValues(List<String> arguments, Class<?> type)
      throws UsageException {
    ObjectNode values = JsonNodeFactory.instance.objectNode();
    for (RecipeValue value : recipeValues(type)) {
      for (String argument : List.copyOf(arguments)) {
        if (name(argument).equals(value.name())) {
          arguments.remove(argument);
          JsonNode given = parse(value, argument);
          if (values.get(value.name()) instanceof ArrayNode list) {
            list.addAll((ArrayNode) given);
          } else {
            values.set(value.name(), given);
          }
        }
      }
    }
    return values;
  }

  private static JsonNode parse(RecipeValue value, String argument) throws UsageException {
    try {
      return value.parse(argument.replaceFirst("(?s)^[^=]*=?", ""));
    } catch (InvalidConfigException e) {
      throw new UsageException(
          "--%s: %s"
              .formatted(value.name(), e.getMessage())
              .replaceFirst("^(--(\\w+)): \\2 ", "$1 "));
    }
  }

  private static List<RecipeValue> recipeValues(Class<?> type) {
    return RecipeOptions.class.isAssignableFrom(type) ? RecipeValue.ALL : List.of();
  }

  /** Returns the descriptions of the options of a command by name, with their defaults. */
  public static SortedMap<String, String> descriptions(Class<? extends SwavOptions> type) {
    SortedMap<String, String> descriptions = new TreeMap<>();
    recipeValues(type).forEach(value -> descriptions.put(value.name(), value.description()));
    for (Method method : type.getMethods()) {
      Matcher getter = GETTER.matcher(method.getName());
      if (SwavOptions.class.isAssignableFrom(method.getDeclaringClass())
          && method.isAnnotationPresent(Description.class)
          && getter.matches()) {
        descriptions.put(
            Introspector.decapitalize(getter.group(1)),
            method.getAnnotation(Description.class).value() + defaultOf(method));
      }
    }
    return descriptions;
  }

  private static String defaultOf(Method getter) {
    for (Annotation annotation : getter.getAnnotations()) {
      Class<?> type = annotation.annotationType();
      if (type.getEnclosingClass() == Default.class) {
        try {
          return " [%s]".formatted(type.getMethod("value").invoke(annotation));
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return "";
  }

  private static String defaultName(Class<?> type) {
    return NAME_PREFIX + type.getSimpleName().replace("Options", "").toLowerCase(Locale.ROOT);
  }

  /** Returns whether a job has the default name. */
  public static boolean hasDefaultName(PipelineOptions options) {
    return options.getJobName().matches(NAME_PREFIX + "[a-z]+");
  }

  private static String renamed(String argument) {
    int end = argument.indexOf('=');
    String name = end < 0 ? argument : argument.substring(0, end);
    return RENAMED.getOrDefault(name, name) + argument.substring(name.length());
  }

  /**
   * Replaces a tilde at the beginning of a path by the home folder. Shells do not replace it after
   * an equals sign.
   */
  private static String withHomeFolder(String argument) {
    String home = System.getenv("HOME");
    int value = argument.indexOf('=') + 1;
    return home == null || home.isEmpty() || value == 0
        ? argument
        : argument.substring(0, value)
            + argument
                .substring(value)
                .replaceAll("(?<=^|,)~(?=/|,|$)", Matcher.quoteReplacement(home));
  }

  /**
   * Fails if an option is given twice, because one value would be ignored. Lists are concatenated.
   */
  private static void requireOnce(List<String> arguments, Class<?> type) throws UsageException {
    Set<String> lists =
        Arrays.stream(type.getMethods())
            .filter(method -> List.class.isAssignableFrom(method.getReturnType()))
            .map(method -> method.getName().substring("get".length()).toLowerCase(Locale.ROOT))
            .collect(Collectors.toCollection(HashSet::new));
    recipeValues(type).stream()
        .filter(RecipeValue::isList)
        .forEach(value -> lists.add(value.name().toLowerCase(Locale.ROOT)));
    Set<String> names = new HashSet<>();
    for (String argument : arguments) {
      String name = name(argument);
      if (!names.add(name) && !lists.contains(name.toLowerCase(Locale.ROOT))) {
        throw new UsageException("--%s is given twice".formatted(name));
      }
    }
  }

  /**
   * Fails if an option is unknown to the command and to Beam. Beam would fail, too, but only after
   * checking the interfaces of all options for half a second.
   */
  private static void requireKnown(List<String> arguments, Class<?> type) throws UsageException {
    Set<String> known =
        new LinkedHashSet<>(); // options of the command come first, so they are suggested first
    recipeValues(type).forEach(value -> known.add(value.name()));
    addNames(type, known);
    for (PipelineOptionsRegistrar registrar :
        ServiceLoader.load(PipelineOptionsRegistrar.class, ReflectHelpers.findClassLoader())) {
      registrar.getPipelineOptions().forEach(options -> addNames(options, known));
    }
    for (String argument : arguments) {
      String name = name(argument);
      if (!known.contains(name)) {
        throw new UsageException(
            known.stream()
                .filter(other -> distance(name, other) <= MAX_EDITS)
                .min(Comparator.comparing(other -> distance(name, other)))
                .map(other -> "unknown option --%s: did you mean --%s?".formatted(name, other))
                .orElse("unknown option --%s".formatted(name)));
      }
    }
  }

  private static int distance(String one, String other) {
    return StringUtils.getLevenshteinDistance(
        one.toLowerCase(Locale.ROOT), other.toLowerCase(Locale.ROOT));
  }

  private static void addNames(Class<?> type, Set<String> names) {
    for (Method method : type.getMethods()) {
      Matcher getter = GETTER.matcher(method.getName());
      if (getter.matches()
          && method.getParameterCount() == 0
          && !method.isAnnotationPresent(JsonIgnore.class)) {
        names.add(Introspector.decapitalize(getter.group(1)));
      }
    }
  }

  private static String name(String argument) {
    return argument.substring("--".length()).replaceFirst("(?s)=.*", "");
  }

  /** Fails if a number of threads is not possible. */
  private static void threads(int count, String option) throws UsageException {
    if (count < 0 || count > MAX_THREADS) {
      throw new UsageException(
          "--%s=%d: must be from 0 to %,d".formatted(option, count, MAX_THREADS));
    }
  }

  /** Returns the reason of an error with the option. */
  private static <T extends SwavOptions> String explain(
      RuntimeException e, List<String> arguments, Class<T> type) {
    String why = explain(e);
    for (String argument : arguments) {
      String name = argument.replaceFirst("(?s)^--([^=]*).*", "$1");
      if (why.contains(name)) {
        return why;
      }
    }
    for (String argument : arguments) {
      try {
        PipelineOptionsFactory.fromArgs(argument).as(type);
      } catch (IllegalArgumentException | NullPointerException alone) {
        return "%s: %s".formatted(argument, why);
      }
    }
    return why;
  }

  private static String kind(String type) {
    return switch (type) {
      case "int", "Integer" -> "a whole number of at most " + Integer.MAX_VALUE;
      case "long", "Long" -> "a whole number";
      case "boolean", "Boolean" -> "true or false";
      default -> "a number";
    };
  }

  private static String explain(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    Matcher number = OF_ANOTHER_TYPE.matcher(message);
    return number.find()
        ? "must be " + kind(number.group(1))
        : message.lines().findFirst().orElse(message);
  }

  /**
   * Returns a local path.
   *
   * @throws UsageException if it is a URI of another storage
   */
  public static Path path(String value, String option) throws UsageException {
    if (!Stores.isLocal(value)) {
      throw new UsageException("--%s=%s must be a path of this machine".formatted(option, value));
    }
    return Stores.path(value);
  }

  /**
   * Returns the output file of a command, after checking that it can be written. So the command
   * does not fail at its end. The folder is created when the file is written.
   *
   * @throws UsageException if it is a folder
   * @throws AccessDeniedException if its folder cannot be created or written
   */
  public static Path outputFile(String value) throws UsageException, IOException {
    Path file = path(value, "output");
    if (Files.isDirectory(file)) {
      throw new UsageException("--output=%s is a folder: give a file".formatted(value));
    }
    Path existing = file.toAbsolutePath().getParent();
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
      throw new AccessDeniedException(existing.toString());
    }
    return file;
  }

  /**
   * Checks that an option is given.
   *
   * @throws UsageException if it is missing
   */
  public static void require(Object value, String option) throws UsageException {
    if (value == null || value.equals(List.of())) {
      throw new UsageException("--%s is missing".formatted(option));
    }
    if (value.equals("")
        || (value instanceof List<?> list && list.stream().anyMatch(part -> part.equals("")))) {
      throw new UsageException("--%s is empty, or a part of it is".formatted(option));
    }
  }

  /**
   * Parses a time such as {@code 10s}, {@code 5m} or {@code 1h}, and returns its seconds; 0 for
   * null.
   *
   * @throws UsageException if it is not a time
   */
  public static int seconds(@Nullable String time, String option) throws UsageException {
    if (time == null) {
      return 0;
    }
    Matcher matcher = TIME.matcher(time);
    if (!matcher.matches()) {
      throw new UsageException(
          "--%s must be a time such as 10s, 5m or 1h, not '%s'".formatted(option, time));
    }
    int unit =
        switch (matcher.group(2)) {
          case "s" -> 1;
          case "m" -> 60;
          default -> 3600;
        };
    try {
      return Math.multiplyExact(unit, Integer.parseInt(matcher.group(1)));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new UsageException("--%s=%s is too long".formatted(option, time));
    }
  }

  /** Returns the fields of samples for images that were embedded before. */
  public static SampleFields fields(ColumnOptions options) {
    return SampleFields.DEFAULT.withColumns(options.getImageColumn(), null);
  }

  /**
   * Returns the limits on images.
   *
   * @throws UsageException if they are out of range
   */
  public static ImageLimits limits(ImageOptions options) throws UsageException {
    try {
      return new ImageLimits(options.getMaxImageBytes(), options.getMaxPixels());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--" + e.getMessage());
    }
  }

  /**
   * Returns the decoding of pictures.
   *
   * @param usual the default
   * @throws UsageException if it is unknown
   */
  public static DecodingConfig decoding(ImageOptions options, DecodingConfig usual)
      throws UsageException {
    return DecodingConfig.of(
        options.getAlpha() == null
            ? usual.alpha()
            : oneOf("alpha", options.getAlpha(), Alpha.values()),
        options.getDecode() == null
            ? usual.decode()
            : oneOf("decode", options.getDecode(), Decode.values()));
  }

  /**
   * Returns the value with a given text.
   *
   * @throws UsageException if there is none
   */
  public static <T> T oneOf(String option, String given, T[] values) throws UsageException {
    for (T value : values) {
      if (value.toString().equals(given)) {
        return value;
      }
    }
    throw new UsageException(
        "unknown --%s=%s: take %s"
            .formatted(
                option,
                given,
                Arrays.stream(values).map(Object::toString).collect(Collectors.joining(" or "))));
  }

  /**
   * Checks the minimum of a number.
   *
   * @throws UsageException if it is smaller
   */
  public static void atLeast(long value, long least, String option) throws UsageException {
    if (value < least) {
      throw new UsageException("--%s must be at least %d, not %d".formatted(option, least, value));
    }
  }
}
