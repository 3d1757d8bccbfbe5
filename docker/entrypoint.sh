#!/bin/sh
# Starts Detent as the image of redis-server starts Redis: arguments that begin with a dash, or a first one that
# ends in .conf, are Detent's; anything else is a command of its own. Root gives up its rights first.
set -e

if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
  set -- detent "$@"
fi

if [ "$1" = detent ] && [ "$(id -u)" = 0 ]; then
  find . \! -uid "$(id -u detent)" -exec chown detent:detent '{}' +
  exec setpriv --reuid=detent --regid=detent --init-groups "$0" "$@"
fi

if [ "$1" = detent ]; then
  shift
  # Only the container's own network reaches it, so protected mode is off, unless the file given says otherwise.
  file=""
  if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
    file=$1
    shift
  fi
  if [ -z "$file" ] || ! grep -qi '^[[:space:]]*protected-mode' "$file"; then
    set -- --protected-mode no "$@"
  fi
  exec node /app/dist/main.js ${file:+"$file"} "$@"
fi

exec "$@"
