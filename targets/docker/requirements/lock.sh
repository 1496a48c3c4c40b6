#!/bin/sh
# Lock what the images of the model servers install: one file a runtime, every wheel by its SHA-256.
#
#   ./lock.sh             resolve again, keeping the versions that are locked
#   ./lock.sh --upgrade   resolve to the newest versions that fit
#
# Needs uv and a POSIX awk. All runtimes are resolved together, so they share every version, for
# CPython 3.11 and 3.12 on Linux with glibc, x86-64 and aarch64. The lists hold wheels only: a
# package without a wheel for one of these is an error here, not a compiler in an image.
set -eu
cd "$(dirname "$0")"
here=$PWD
runtimes="onnx python sklearn"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The requirements in a file, as the items of a TOML list.
items() { sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' -e 's/.*/  "&",/' "$@"; }

# A project whose groups are the runtimes: $1 is its range of Python releases, $2 a file of versions.
resolve() {
  {
    cat <<TOML
[project]
name = "model-servers"
version = "0"
requires-python = "$1"

[tool.uv]
package = false
no-build = true
environments = [
  "sys_platform == 'linux' and platform_python_implementation == 'CPython' and platform_machine == 'x86_64'",
  "sys_platform == 'linux' and platform_python_implementation == 'CPython' and platform_machine == 'aarch64'",
]
TOML
    echo "override-dependencies = [" && items overrides.in && echo "]"
    echo "constraint-dependencies = [" && items "$2" && echo "]"
    echo "[dependency-groups]"
    for runtime in $runtimes; do
      echo "$runtime = [" && items "$runtime.in" && echo "]"
    done
  } >"$work/pyproject.toml"
  rm -f "$work/uv.lock"
  uv lock --quiet --no-config --project "$work"
}

# The packages of a resolved runtime, one a line, with the machine where only one needs it.
packages() {
  uv export --quiet --no-config --frozen --no-hashes --no-header --no-annotate \
    --project "$work" --only-group "$1" >"$work/export"
  awk '
    # All other conditions hold wherever the lists are used; this one would split them.
    /python_(full_)?version/ { print "lock.sh: depends on the release of Python: " $0 >"/dev/stderr"; exit 1 }
    {
      intel = index($0, "\047x86_64\047")
      arm = index($0, "\047aarch64\047")
      if (intel && !arm) $0 = $1 " ; platform_machine == \047x86_64\047"
      else if (arm && !intel) $0 = $1 " ; platform_machine == \047aarch64\047"
      else $0 = $1
      print
    }
  ' "$work/export"
}

# Those packages with the hashes of their wheels, leaving out wheels that need musl.
hashed() {
  awk '
    function unquoted(text) { gsub(/"/, "", text); return text }
    FNR == NR {
      if ($1 == "name") name = unquoted($3)
      if ($1 == "version") version = unquoted($3)
      if (/url = "[^"]*\.whl"/ && !/musllinux/ && match($0, /sha256:[0-9a-f]+/))
        wheels[name "==" version] = wheels[name "==" version] "\n" substr($0, RSTART, RLENGTH)
      next
    }
    !($1 in wheels) { print "lock.sh: no wheel: " $1 >"/dev/stderr"; exit 1 }
    {
      count = split(substr(wheels[$1], 2), hash, "\n")
      printf "%s", $0
      for (i = 1; i <= count; i++) printf " \\\n    --hash=%s", hash[i]
      printf "\n"
    }
  ' "$work/uv.lock" "$1"
}

: >"$work/versions"
if [ "${1-}" = --upgrade ] || [ ! -f sklearn.txt ]; then
  # The older release of Python decides, so that both run the same versions.
  resolve "==3.11.*" "$work/versions"
  for runtime in $runtimes; do packages "$runtime" >"$work/$runtime"; done
  for runtime in $runtimes; do cat "$work/$runtime"; done >"$work/versions"
else
  for runtime in $runtimes; do
    sed -n '/==/s/ *\\$//p' "$runtime.txt" >>"$work/versions"
  done
fi

resolve ">=3.11,<3.13" "$work/versions"
for runtime in $runtimes; do
  packages "$runtime" >"$work/$runtime"
  {
    echo "# Made by lock.sh from $runtime.in: wheels for CPython 3.11 and 3.12 on Linux, x86-64 and aarch64."
    hashed "$work/$runtime"
  } >"$work/$runtime.txt"
done
for runtime in $runtimes; do mv "$work/$runtime.txt" "$here/$runtime.txt"; done
