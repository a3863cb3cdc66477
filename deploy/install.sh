#!/usr/bin/env bash
# Installs a built swav into a folder that needs Java only, and archives its classes for the installed
# Java, so that commands start faster:
#
#   deploy/install.sh /opt/swav [/opt/flink/lib]
#
# If a second folder is given, the libraries that a plain Flink does not have are linked there too.
# Jobs then send no libraries, and TensorFlow's native library is loaded once in each Flink process.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=$1
flink=${2:-}

mkdir -p "$target"
target=$(cd "$target" && pwd)
if [[ -e $here/src/target/app ]]; then
  cp -r "$here/src/target/app" "$here/src/target/lib" "$here/swav" "$target"
elif [[ $here != "$target" && ! -e $target/app ]]; then
  echo "install.sh: nothing is built yet: run mvn -DskipTests package" >&2
  exit 1
fi

if [[ -n $flink ]]; then
  for jar in "$target"/app/*.jar "$target"/lib/*.jar; do
    case ${jar##*/} in
      # Flink has these itself, and its own logging.
      flink-* | slf4j-*) ;;
      *) ln -sf "$jar" "$flink/" ;;
    esac
  done
fi

"$target/swav" archive-classes \
  || echo "install.sh: without an archive of classes, commands start more slowly" >&2
