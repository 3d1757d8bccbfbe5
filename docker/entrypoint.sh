#!/bin/sh
# What a container starts with. Arguments that are options or a configuration file are the server's, which answers to
# the name of Redis' too; anything else is a program of its own. The server gets the data directory and then runs as the user detent; a container that was
# started as another user stays that user.
set -eu

case "${1:-}" in
  -* | *.conf) set -- detent "$@" ;;
  redis-server) shift && set -- detent "$@" ;;
esac

if [ "${1:-}" = detent ] && [ "$(id -u)" = 0 ]; then
  find . \! -user detent -exec chown detent '{}' +
  exec setpriv --reuid=detent --regid=detent --clear-groups -- "$0" "$@"
fi

# What the server writes is nobody else's to read, unless somebody chose otherwise.
if [ "$(umask)" = 0022 ]; then umask 0077; fi
exec "$@"
