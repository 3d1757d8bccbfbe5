#!/bin/sh
# run-tests.sh core|all [vitest arguments]
# Runs the tests; core leaves out those that take minutes, with DETENT_COVERAGE=1 all measures the coverage too, which has a floor. Installs first
# what they need beyond npm's packages, if this may be done here; what is missing then is said, and the tests that need it
# skip themselves. The last line counts: "N passed, N failed".
set -u
cd "$(dirname "$0")/../.."

suite=$1
shift
case $suite in
  core) set -- --project core --project alone "$@" ;;
  all) slow="strace:strace chromium:chromium javac:default-jdk-headless" ;;
  *) echo "Which tests: core or all?" >&2 && exit 2 ;;
esac

missing() {
  for pair in redis-server:redis-server redis-cli:redis-tools redis-benchmark:redis-tools curl:curl faketime:faketime openssl:openssl ${slow:-}; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || echo "${pair##*:}"
  done
  ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || echo postgresql
  /usr/bin/python3 -c 'import redis' >/dev/null 2>&1 || echo python3-redis
  /usr/bin/python3 -c 'import setuptools, pip, wheel' >/dev/null 2>&1 || echo python3-pip
  php -r 'exit(phpversion("redis") === false ? 1 : 0);' >/dev/null 2>&1 || echo php-cli php-redis
}

# These come with services that nobody wants to have installed: the packages are unpacked and left at that.
PROMETHEUS=node_modules/.prometheus
# unpack PROGRAM PACKAGE
unpack() {
  command -v "$1" >/dev/null 2>&1 || [ -x "$PROMETHEUS/usr/bin/$1" ] && return 0
  command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 || return 1
  into=$(mktemp -d)
  # Where apt has no lists of packages yet, they are fetched first.
  (cd "$into" && { apt-get download -qq "$2" || { apt-get update -qq && apt-get download -qq "$2"; }; }) >/tmp/detent-unpack.log 2>&1 &&
    mkdir -p "$PROMETHEUS" && dpkg -x "$into/$2"_*.deb "$PROMETHEUS"
  rm -rf "$into"
  [ -x "$PROMETHEUS/usr/bin/$1" ]
}

packages=$(missing | sort -u | tr '\n' ' ')
if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests: $packages"
  export DEBIAN_FRONTEND=noninteractive
  # A server started by the package's scripts would be in the way and is not wanted.
  printf '#!/bin/sh\nexit 101\n' >/tmp/detent-policy-rc.d && chmod +x /tmp/detent-policy-rc.d
  [ -e /usr/sbin/policy-rc.d ] || { cp /tmp/detent-policy-rc.d /usr/sbin/policy-rc.d && policy=ours; }
  # shellcheck disable=SC2086
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages; } >/tmp/detent-apt.log 2>&1 </dev/null ||
    { echo "Could not install them:"; tail -n 3 /tmp/detent-apt.log; }
  [ "${policy:-}" = ours ] && rm -f /usr/sbin/policy-rc.d
fi
for package in $(missing | sort -u); do
  echo "Missing here: $package; the tests that need it are skipped."
done

unpack promtool prometheus || echo "Missing here: promtool; the tests that need it are skipped."
unpack prometheus-redis-exporter prometheus-redis-exporter ||
  echo "Missing here: prometheus-redis-exporter; the tests that need it are skipped."

[ "$suite" = core ] || make -s site/node_modules/.installed >/tmp/detent-site.log 2>&1 ||
  echo "Missing here: the generator of the site; its tests are skipped."

make -s build || { echo "0 passed, 1 failed"; exit 1; }

report=$(mktemp)
# The program under test is the one just built.
export DETENT_BUILT=1
# Random tests run longer among all tests (tests/support/runs.ts).
export DETENT_SUITE=$suite
# All tests together have seen every command at work and reach the floor of the coverage, if nothing of what they need is missing.
if [ $# -eq 0 ]; then
  if [ -z "$(missing)" ]; then
    export DETENT_ALL_COMMANDS=1
    [ "${DETENT_COVERAGE:-}" = 1 ] && set -- --coverage
  elif [ "${DETENT_COVERAGE:-}" = 1 ]; then
    echo "The coverage is not measured: tests are skipped."
  fi
fi
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@"
status=$?
node tests/tooling/count-tests.mjs "$report" || status=1
rm -f "$report"
exit "$status"
