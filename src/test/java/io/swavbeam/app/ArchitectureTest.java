package io.swavbeam.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.transforms.DoFn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dependencies between modules and packages, and the terms in names and texts. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(
              location -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
          .importPackages("io.swavbeam");

  /**
   * Words of names, comments, messages and pages that have another term: invented words, and
   * constants that are not called MAX or MIN. The changelog has the replacements.
   */
  private static final Set<String> HOME_MADE =
      Set.of(
          ("stripe stripes tower towers slice slices turned lease leases standing opener painter"
                  + " noter sayer grouper tally clock FEWEST SMALLEST SHORTEST LEAST LARGEST LONGEST"
                  + " DEEPEST FEW MOST ENOUGH DOOR ROOM READING")
              .split(" "));

  /** Beginnings of sentences, and words, that need a second reading. */
  private static final Pattern RIDDLE =
      Pattern.compile(
          "(?:(?:/\\*\\*|//|<p>|@return|@param \\w+|[.;:!]) +"
              + "(?:What|Who|Whose|Whoever|Nobody|Those|That which|One that) (?![^.]*\\?))"
              + "|\\b(?:[Ww]hoever|[Nn]obody|[Ss]omebody|for ever|anew|at hand|[Ii]n which case"
              + "|in the measure of|what there is|is told|mend|mended|otherwise than)\\b");

  /** Names of version 0.1. */
  private static final Pattern NAMES_BEFORE =
      Pattern.compile(
          "(?i:GivenStatistics|OwnGradients|GradientPlacement|UnitLength|LossScale|"
              + "OptimizerClock|CodeViews|FeatureDeviation|PerJvm|FinishedImages|ReadAhead|"
              + "ReadThrough|GatherFiles|ReceiveImages|HostedRun|RunProposal|StatusPage|"
              + "NeighbourSheet|CutCable|PatchProduct)(?![a-z])");

  /** Names that are kept for users, methods of other libraries, and names of test images. */
  private static final Pattern KEPT =
      Pattern.compile(
          "swav_trainer_stripes_total|swav_trainer_held_stripes|\\.slice\\(|\"turned|(?s)### Renamed.*?## 0.1.0");

  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"");

  /** The number of classes that depend on each other. It must not grow. */
  private static final int MAX_CIRCLES = 13;

  private static final Pattern TEXT_BLOCK = Pattern.compile("\"\"\"(.*?)\"\"\"", Pattern.DOTALL);

  /** Arguments of nvidia-smi. */
  private static final Set<String> OF_OTHER_PROGRAMS =
      Set.of("--id=", "--query-gpu=", "--format=csv,noheader,nounits");

  @Test
  void modulesSeeOnlyWhatStandsBeforeThem() {
    noClasses()
        .that()
        .resideInAPackage("io.swavbeam.model..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.swavbeam.pipelines..", "io.swavbeam.app..", "org.apache.beam..", "org.nd4j..")
        .check(CLASSES);
    // Untrusted files are checked before native code is loaded.
    noClasses()
        .that()
        .resideInAPackage("io.swavbeam.model.weights")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.tensorflow..", "org.bytedeco..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("io.swavbeam.pipelines..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.swavbeam.app..", "org.nd4j..")
        .check(CLASSES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.(*)..",
        "pipelines.(*)..",
        "pipelines.trainer.(**)",
        "pipelines.archive.(**)",
        "app.(*)..",
        "app.evaluation.(**)"
      })
  void packagesHaveNoCycle(String packages) {
    slices().matching("io.swavbeam." + packages).should().beFreeOfCycles().check(CLASSES);
  }

  /** Classes of a package that depend on each other, including inner classes. */
  @Test
  void fewClassesNeedEachOther() {
    Map<String, Set<String>> needs = new TreeMap<>();
    for (JavaClass type : CLASSES) {
      Set<String> needed = needs.computeIfAbsent(outermost(type), any -> new TreeSet<>());
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        if (dependency.getTargetClass().getPackage().equals(type.getPackage())) {
          needed.add(outermost(dependency.getTargetClass()));
        }
      }
    }
    Map<String, Set<String>> reached = new TreeMap<>();
    needs.keySet().forEach(type -> reached.put(type, reached(type, needs)));
    Set<Set<String>> circles = new HashSet<>();
    reached.forEach(
        (type, others) -> {
          Set<String> circle = new TreeSet<>(others);
          circle.removeIf(other -> !reached.get(other).contains(type));
          if (circle.size() > 1) {
            circles.add(circle);
          }
        });
    assertThat(circles).hasSizeLessThanOrEqualTo(MAX_CIRCLES);
  }

  private static String outermost(JavaClass type) {
    // Classes that AutoValue generates count as the class that they implement.
    return type.getName()
        .replaceFirst("\\$.*|;$", "")
        .replaceFirst("AutoValue_(\\w+?)_\\w+|^\\[+L", "$1")
        .replaceFirst("AutoValue_", "");
  }

  private static Set<String> reached(String from, Map<String, Set<String>> needs) {
    Set<String> reached = new TreeSet<>();
    Deque<String> open = new ArrayDeque<>(needs.get(from));
    while (!open.isEmpty()) {
      String next = open.remove();
      if (needs.containsKey(next) && reached.add(next)) {
        open.addAll(needs.get(next));
      }
    }
    return reached;
  }

  /** A public type of the library is either listed as stable or marked as internal. */
  @Test
  void whatIsStableIsNamed() throws IOException {
    Set<String> stable = stable();
    assertThat(stable).isNotEmpty().allMatch(CLASSES::contain);
    List<String> unnamed = new ArrayList<>();
    for (JavaClass type : CLASSES) {
      if (type.getPackageName().startsWith("io.swavbeam.pipelines")
          && type.isTopLevelClass()
          && type.getModifiers().contains(JavaModifier.PUBLIC)) {
        boolean internal =
            type.isAnnotatedWith(Internal.class)
                || type.getPackage().isAnnotatedWith(Internal.class);
        if (internal == stable.contains(type.getName())) {
          unnamed.add(type.getName());
        }
      }
    }
    assertThat(unnamed).isEmpty();
  }

  /** Returns the names of stable types: those in a row of the table, or all types of a package. */
  private static Set<String> stable() throws IOException {
    Set<String> stable = new TreeSet<>();
    for (String line : Files.readAllLines(Path.of("../src/docs/stability.md"))) {
      Matcher row = Pattern.compile("\\| `(io\\.swavbeam\\.[\\w.]+)` \\| (.*) \\|").matcher(line);
      if (row.matches()) {
        List<MatchResult> types =
            Pattern.compile("`(\\w+)`").matcher(row.group(2)).results().toList();
        types.forEach(type -> stable.add(row.group(1) + "." + type.group(1)));
        if (types.isEmpty()) {
          for (JavaClass type : CLASSES) {
            if (type.getPackageName().equals(row.group(1))
                && type.isTopLevelClass()
                && type.getModifiers().contains(JavaModifier.PUBLIC)) {
              stable.add(type.getName());
            }
          }
        }
      }
    }
    return stable;
  }

  /** Returns the accessible members of stable types and of the types nested in them. */
  private static List<JavaMember> stableMembers(Set<String> stable) {
    List<JavaMember> members = new ArrayList<>();
    for (JavaClass type : CLASSES) {
      if (stable.contains(outer(type)) && isOffered(type)) {
        type.getMembers().stream()
            .filter(member -> isOffered(member) && !isGenerated(member) && !isUncallable(member))
            .forEach(members::add);
      }
    }
    return members;
  }

  private static String outer(JavaClass type) {
    return type.getName().replaceFirst("\\$.*", "");
  }

  /** Returns whether a type and its enclosing types are accessible. */
  private static boolean isOffered(JavaClass type) {
    return isOffered(type.getModifiers(), type.isAnnotatedWith(Internal.class))
        && type.getEnclosingClass().map(ArchitectureTest::isOffered).orElse(true);
  }

  private static boolean isOffered(JavaMember member) {
    return isOffered(member.getModifiers(), member.isAnnotatedWith(Internal.class));
  }

  private static boolean isOffered(Set<JavaModifier> modifiers, boolean isInternal) {
    boolean isSeen =
        modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    return isSeen && !isInternal && !modifiers.contains(JavaModifier.SYNTHETIC);
  }

  /** Returns whether the compiler generates a member of each record and each enum. */
  private static boolean isGenerated(JavaMember member) {
    return Set.of("equals", "hashCode", "toString", "valueOf", "values", "$VALUES")
        .contains(member.getName());
  }

  /** Returns whether it is a generated constructor that cannot be called. */
  private static boolean isUncallable(JavaMember member) {
    return member instanceof JavaConstructor constructor
        && constructor.getParameterTypes().isEmpty()
        && member.getOwner().getModifiers().contains(JavaModifier.ABSTRACT);
  }

  @Test
  void stableSignaturesNameStableTypes() throws IOException {
    Set<String> stable = stable();
    List<String> others = new ArrayList<>();
    for (JavaMember member : stableMembers(stable)) {
      Set<JavaClass> named = new HashSet<>();
      if (member instanceof JavaCodeUnit method) {
        named.addAll(method.getReturnType().getAllInvolvedRawTypes());
        method.getParameterTypes().forEach(type -> named.addAll(type.getAllInvolvedRawTypes()));
        named.addAll(method.getExceptionTypes());
      } else if (member instanceof JavaField field) {
        named.addAll(field.getType().getAllInvolvedRawTypes());
      }
      for (JavaClass type : named) {
        JavaClass element = type.getBaseComponentType();
        boolean isOurs = element.getPackageName().startsWith("io.swavbeam");
        if (isOurs && !(stable.contains(outer(element)) && isOffered(element))) {
          others.add("%s names %s".formatted(member.getFullName(), element.getName()));
        }
      }
    }
    assertThat(others).isEmpty();
  }

  /** A changed line of the file needs an entry in the changelog. */
  @Test
  void stableSignaturesAreThoseOfTheFile() throws Exception {
    Map<String, Set<String>> types = new TreeMap<>();
    for (JavaMember member : stableMembers(stable())) {
      String signature =
          member instanceof JavaMethod method
              ? method.reflect().toGenericString()
              : member instanceof JavaConstructor constructor
                  ? constructor.reflect().toGenericString()
                  : ((JavaField) member).reflect().toGenericString();
      types
          .computeIfAbsent(member.getOwner().getName(), any -> new TreeSet<>())
          .add(
              signature
                  .replace(member.getOwner().getName() + ".", "")
                  .replaceAll("\\b([a-z]\\w*\\.)+(?=[A-Z])", ""));
    }
    List<String> lines = new ArrayList<>();
    types.forEach(
        (type, members) -> {
          lines.add(type);
          members.forEach(member -> lines.add("  " + member));
        });
    Path now = Files.write(Path.of("target/stable-signatures.txt"), lines);
    assertThat(now)
        .as("copy it to src/docs and write into CHANGELOG.md what has changed")
        .hasSameTextualContentAs(Path.of("../src/docs/stable-signatures.txt"));
  }

  @Test
  void functionsOfBeamArePrivateAndSayWhatTheyAre() {
    classes()
        .that()
        .areAssignableTo(DoFn.class)
        .should()
        .notBePublic()
        .andShould()
        .haveSimpleNameEndingWith("Fn")
        .check(CLASSES);
  }

  @Test
  void namesAreThoseOfTheField() {
    List<String> found = new ArrayList<>();
    for (JavaClass type : CLASSES) {
      found.add(type.getName());
      type.getMembers().forEach(member -> found.add(member.getName()));
    }
    assertThat(found).noneMatch(name -> NAMES_BEFORE.matcher(name).find());
  }

  /** Names, comments, messages and pages, of the tests too. */
  @Test
  void textsUseTheTermsOfTheField() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : files("(?!.*ArchitectureTest).*\\.(java|md|properties|proto)")) {
      String text = KEPT.matcher(Files.readString(file)).replaceAll("");
      Pattern.compile("[A-Z]?[a-z]+|[A-Z]+")
          .matcher(text)
          .results()
          .map(MatchResult::group)
          .filter(word -> HOME_MADE.contains(word) || HOME_MADE.contains(lowerCase(word)))
          .forEach(word -> found.add(file + ": " + word));
      RIDDLE
          .matcher(text.replaceAll("\\n *(\\*(?!/)|//|- )?", " "))
          .results()
          .forEach(riddle -> found.add(file + ": " + riddle.group()));
    }
    assertThat(found).isEmpty();
  }

  private static String lowerCase(String word) {
    return word.toLowerCase(Locale.ROOT);
  }

  /** Every message in the table of troubleshooting.md is one that the software prints. */
  @Test
  void troubleshootingQuotesMessages() throws IOException {
    StringBuilder printed = new StringBuilder(Files.readString(Path.of("../swav")));
    for (Path file : files(".*/main/.*\\.(java|properties)")) {
      printed.append(Files.readString(file));
    }
    String page = Files.readString(Path.of("../src/docs/troubleshooting.md"));
    assertThat(Pattern.compile("(?m)^\\| `(.*?)` \\|").matcher(page).results())
        .hasSizeGreaterThan(10)
        .flatMap(row -> List.of(row.group(1).split("[ ,:]*\\(?\\.\\.\\.\\)?[ ,:]*")))
        .allMatch(part -> printed.indexOf(part) >= 0);
  }

  /** Users of the library have no command line, so only Remedies names options. */
  @Test
  void theLibraryKnowsNoCommand() throws IOException {
    Pattern command = Pattern.compile("--[a-z][A-Za-z]+|`(swav|mvn) ");
    List<String> found = new ArrayList<>();
    for (Path file : files("\\.\\./(model|pipelines)/.*main/java/.*\\.java")) {
      String text = Files.readString(file);
      Stream.of(LITERAL, TEXT_BLOCK)
          .flatMap(pattern -> pattern.matcher(text).results())
          .map(literal -> literal.group(1))
          .filter(literal -> command.matcher(literal).find())
          .filter(literal -> !OF_OTHER_PROGRAMS.contains(literal))
          .forEach(literal -> found.add(file + ": " + literal));
    }
    assertThat(found).isEmpty();
  }

  /** Returns the files of the repository whose paths match. */
  private static List<Path> files(String pattern) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      List<Path> matching =
          files
              .filter(file -> file.toString().matches(pattern))
              .filter(file -> !file.toString().matches("\\.\\./(.*/)?(target|\\..+)/.*"))
              .toList();
      assertThat(matching).hasSizeGreaterThan(100);
      return matching;
    }
  }
}
