#!/bin/sh
# Prepares a release: release.sh VERSION. Checks, sets the version, packs, commits and tags; it pushes nothing.
# CHECKS replaces what is run to check it.
set -eu
cd "$(git rev-parse --show-toplevel)"

fail() {
  echo "release: $*" >&2
  exit 1
}

version=${1:-}
echo "$version" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+' || fail "give a version: make release VERSION=0.2.0"
[ -z "$(git status --porcelain)" ] || fail "the tree has changes that are not committed"
git rev-parse -q --verify "refs/tags/v$version" >/dev/null && fail "there is a tag v$version already"
last=$(git tag --list 'v[0-9]*' | sed 's/^v//' | sort -V | tail -n 1)
highest=$(printf '%s\n%s\n' "${last:-0.0.0}" "$version" | sort -V | tail -n 1)
[ "$highest" = "$version" ] || fail "$version is not higher than $last"

# What has been changed so far is taken back when a step fails.
trap 'git checkout -q -- . && echo "release: nothing was changed" >&2' EXIT

if ! grep -q "^## $version (" CHANGELOG.md; then
  awk '/^## Unreleased/ { on = 1; next } /^## / { on = 0 } on && /^- / { found = 1 } END { exit !found }' CHANGELOG.md ||
    fail "CHANGELOG.md has nothing under Unreleased"
  heading="## $version ($(date +%Y-%m-%d))"
  awk -v heading="$heading" '/^## Unreleased/ { print; print ""; print heading; next } { print }' CHANGELOG.md >CHANGELOG.md.new
  mv CHANGELOG.md.new CHANGELOG.md
fi
npm version --no-git-tag-version --allow-same-version "$version" >/dev/null
sed -i "s/^version = \".*\"/version = \"$version\"/" clients/python/pyproject.toml

sh -c "${CHECKS:-make check}" || fail "the checks have failed"
package=$(npm pack --silent ${PACK_OPTIONS:-})

git diff --quiet || git commit -qam "release: $version"
git tag -a "v$version" -m "Detent $version"
trap - EXIT
echo "v$version is tagged, $package is packed. What is left: git push --follow-tags, and publishing the package where it is to be had."
