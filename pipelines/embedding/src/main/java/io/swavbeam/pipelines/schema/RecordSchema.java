package io.swavbeam.pipelines.schema;

import com.google.auto.service.AutoService;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.SchemaCoder;
import org.apache.beam.sdk.schemas.SchemaProvider;
import org.apache.beam.sdk.schemas.SchemaProviderRegistrar;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A provider of Beam schemas for the records of this software. Beam's own providers support only
 * beans and AutoValue classes. A schema has a field for each component, in order; {@code
 * clusterProbability} becomes {@code cluster_probability}. Supported components are numbers,
 * booleans, strings, enums (by name), {@code byte[]}, {@code float[]}, records, and lists of these.
 * A {@code @Nullable} component is a nullable field. A sealed interface has a nullable field for
 * each of its records, of which exactly one is set.
 *
 * <p>The schema is the format of elements in shuffles and in the state of streaming jobs. A
 * savepoint cannot be restored after a record has changed.
 */
public final class RecordSchema implements SchemaProvider {
  private static final long serialVersionUID = 1L;
  private static final String OURS = "io.swavbeam.";

  private static final ClassValue<Accessors<?>> ACCESSORS =
      new ClassValue<>() {
        @Override
        protected Accessors<?> computeValue(Class<?> type) {
          return type.isRecord() ? new RecordFields<>(type) : new KindFields<>(type);
        }
      };

  /** Registers this provider with Beam. */
  @AutoService(SchemaProviderRegistrar.class)
  public static final class Registrar implements SchemaProviderRegistrar {
    @Override
    public List<SchemaProvider> getSchemaProviders() {
      return List.of(new RecordSchema());
    }
  }

  /** Returns the schema of a record. */
  public static Schema of(Class<?> type) {
    return accessors(type).schema();
  }

  /** Converts a record to a row. */
  public static Row toRow(Record value) {
    return accessorsOf(value).row(value);
  }

  /** Returns a coder for a record, or for the records of a sealed interface. */
  public static <T> SchemaCoder<T> coder(Class<T> type) {
    return SchemaCoder.of(
        of(type), TypeDescriptor.of(type), new ToRow<>(type), new FromRow<>(type));
  }

  @Override
  public <T> @Nullable Schema schemaFor(TypeDescriptor<T> type) {
    return isOurs(type) ? of(type.getRawType()) : null;
  }

  @Override
  @SuppressWarnings("unchecked") // checked by isOurs
  public <T> @Nullable SerializableFunction<T, Row> toRowFunction(TypeDescriptor<T> type) {
    return isOurs(type) ? new ToRow<>((Class<T>) type.getRawType()) : null;
  }

  @Override
  @SuppressWarnings("unchecked") // checked by isOurs
  public <T> @Nullable SerializableFunction<Row, T> fromRowFunction(TypeDescriptor<T> type) {
    return isOurs(type) ? new FromRow<>((Class<T>) type.getRawType()) : null;
  }

  private static boolean isOurs(TypeDescriptor<?> type) {
    Class<?> raw = type.getRawType();
    return (raw.isRecord() || raw.isSealed()) && raw.getName().startsWith(OURS);
  }

  @SuppressWarnings("unchecked") // keys and values have the same type
  private static <T> Accessors<T> accessors(Class<T> type) {
    return (Accessors<T>) ACCESSORS.get(type);
  }

  /** A function that equals others of the same type, so that coders are equal, too. */
  private record ToRow<T>(Class<T> type) implements SerializableFunction<T, Row> {
    @Override
    public Row apply(T value) {
      return accessors(type).row(value);
    }
  }

  private record FromRow<T>(Class<T> type) implements SerializableFunction<Row, T> {
    @Override
    public T apply(Row row) {
      return accessors(type).value(row);
    }
  }

  /** Converts values to rows and back. */
  private interface Accessors<T> {
    Schema schema();

    Row row(T value);

    T value(Row row);
  }

  /** One field for each record of a sealed interface. */
  private static final class KindFields<T> implements Accessors<T> {
    private final Schema schema;
    private final List<Class<?>> kinds;

    KindFields(Class<?> type) {
      kinds = kinds(type).toList();
      Schema.Builder fields = Schema.builder();
      for (Class<?> kind : kinds) {
        fields.addNullableField(name(kind.getSimpleName()), FieldType.row(of(kind)));
      }
      schema = fields.build();
    }

    private static Stream<Class<?>> kinds(Class<?> type) {
      return type.isRecord()
          ? Stream.of(type)
          : Arrays.stream(type.getPermittedSubclasses()).flatMap(KindFields::kinds);
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public Row row(T value) {
      List<@Nullable Object> values = new ArrayList<>(kinds.size());
      for (Class<?> kind : kinds) {
        values.add(kind.isInstance(value) ? accessorsOf(value).row(value) : null);
      }
      return Row.withSchema(schema).attachValues(values);
    }

    @Override
    @SuppressWarnings("unchecked") // one of its records
    public T value(Row row) {
      for (int i = 0; i < kinds.size(); i++) {
        Object value = row.getValue(i);
        if (value != null) {
          return (T) accessors(kinds.get(i)).value((Row) value);
        }
      }
      throw new IllegalArgumentException("a row of no kind: " + row);
    }
  }

  /** One field for each component of a record. */
  private static final class RecordFields<T> implements Accessors<T> {
    private final Schema schema;
    private final RecordComponent[] components;
    private final Constructor<T> constructor;

    RecordFields(Class<T> type) {
      components = type.getRecordComponents();
      Schema.Builder fields = Schema.builder();
      for (RecordComponent component : components) {
        component.getAccessor().setAccessible(true);
        fields.addField(
            Schema.Field.of(name(component.getName()), fieldType(component.getGenericType()))
                .withNullable(component.getAnnotatedType().isAnnotationPresent(Nullable.class)));
      }
      schema = fields.build();
      try {
        constructor =
            type.getDeclaredConstructor(
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
        constructor.setAccessible(true);
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException("a record has such a constructor", e);
      }
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public Row row(T value) {
      List<@Nullable Object> values = new ArrayList<>(components.length);
      for (RecordComponent component : components) {
        try {
          values.add(toField(component.getAccessor().invoke(value), component.getGenericType()));
        } catch (IllegalAccessException | InvocationTargetException e) {
          throw new IllegalStateException(component + " of " + schema, e);
        }
      }
      return Row.withSchema(schema).attachValues(values);
    }

    @Override
    public T value(Row row) {
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = fromField(row.getValue(i), components[i].getGenericType());
      }
      try {
        return constructor.newInstance(values);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("no such record: " + row, e);
      }
    }
  }

  private static String name(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  private static FieldType fieldType(Type type) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      return FieldType.array(fieldType(list.getActualTypeArguments()[0]));
    }
    if (type == String.class) {
      return FieldType.STRING;
    } else if (type == long.class || type == Long.class) {
      return FieldType.INT64;
    } else if (type == int.class || type == Integer.class) {
      return FieldType.INT32;
    } else if (type == float.class || type == Float.class) {
      return FieldType.FLOAT;
    } else if (type == double.class || type == Double.class) {
      return FieldType.DOUBLE;
    } else if (type == boolean.class || type == Boolean.class) {
      return FieldType.BOOLEAN;
    } else if (type == byte[].class) {
      return FieldType.BYTES;
    } else if (type == float[].class) {
      return FieldType.array(FieldType.FLOAT);
    } else if (type instanceof Class<?> named && named.isEnum()) {
      return FieldType.STRING;
    } else if (type instanceof Class<?> named && (named.isRecord() || named.isSealed())) {
      return FieldType.row(of(named));
    }
    throw new IllegalArgumentException("a schema has no field for " + type);
  }

  private static @Nullable Object toField(@Nullable Object value, Type type) {
    if (value instanceof float[] floats) {
      List<Float> boxed = new ArrayList<>(floats.length);
      for (float number : floats) {
        boxed.add(number);
      }
      return boxed;
    } else if (value instanceof Enum<?> constant) {
      return constant.name();
    } else if (value instanceof List<?> list && type instanceof ParameterizedType of) {
      return list.stream().map(each -> toField(each, of.getActualTypeArguments()[0])).toList();
    } else if (value instanceof Record && type instanceof Class<?> declared) {
      return rowOf(declared, value);
    }
    return value;
  }

  @SuppressWarnings("unchecked") // a value of the type
  private static <T> Row rowOf(Class<T> type, Object value) {
    return accessors(type).row((T) value);
  }

  @SuppressWarnings("unchecked") // the class of the value
  private static <T> Accessors<T> accessorsOf(T value) {
    return accessors((Class<T>) value.getClass());
  }

  private static @Nullable Object fromField(@Nullable Object value, Type type) {
    if (value == null) {
      return null;
    } else if (type == float[].class) {
      List<?> boxed = new ArrayList<>((Collection<?>) value);
      float[] floats = new float[boxed.size()];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (Float) boxed.get(i);
      }
      return floats;
    } else if (type instanceof ParameterizedType list) {
      Type element = list.getActualTypeArguments()[0];
      List<Object> values = new ArrayList<>();
      for (Object each : (Iterable<?>) value) {
        values.add(fromField(each, element));
      }
      return values;
    } else if (type instanceof Class<?> named && named.isEnum()) {
      return constant(named, (String) value);
    } else if (type instanceof Class<?> named && (named.isRecord() || named.isSealed())) {
      return accessors(named).value((Row) value);
    }
    return value;
  }

  private static Object constant(Class<?> type, String name) {
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("%s has no %s".formatted(type.getSimpleName(), name));
  }
}
