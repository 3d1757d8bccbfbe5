#!/bin/sh
# Leaves in node_modules what this platform's node loads when the server runs, and the licences.
set -eu
abi=$(node -p process.versions.modules)
find node_modules -name '*.node' \! -name "*abi$abi.glibc.node" -path '*lmdb*' -delete
find node_modules \( -name '*.map' -o -name '*.md' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.cc' \
  -o -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.gyp' -o -name '*.gypi' \) -delete
find node_modules -type d \( -name test -o -name tests -o -name benchmark -o -name .github \) -prune -exec rm -rf '{}' +
