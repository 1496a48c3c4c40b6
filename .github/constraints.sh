#!/bin/sh
# Choose the versions that make installs: `make constraints`.
#
# The newest that fit each other on every Python that is supported; where an image of a model server
# (targets/docker/requirements) has the package as well, the version of the image, so that the tests
# serve models with what serves them. psutil is the exception: the images replace what kserve asks for.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n '/^psutil/d; s/^\([^ ]*==[^ ]*\).*/\1/p' targets/docker/requirements/*.txt | sort -u >"$work/images"
uv pip compile pyproject.toml --quiet --no-config --universal --python-version 3.11 \
  --fork-strategy fewest --constraint "$work/images" --extra lock --extra buckets --extra keyless --extra models --extra local \
  --group lint --group lock --group test --group train \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links >"$work/constraints"
{
  echo "# Made by constraints.sh: the versions that make installs, on Python 3.11 and newer."
  cat "$work/constraints"
} >"$work/constraints.txt"
mv "$work/constraints.txt" .github/constraints.txt
