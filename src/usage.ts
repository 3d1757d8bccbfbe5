/** What `--help` prints. */
import { SUBCOMMANDS } from "./cli/run.ts";

const NAME_WIDTH = 9;

const LIST = SUBCOMMANDS.map(({ name, summary }) => `       ${name.padEnd(NAME_WIDTH)}${summary}`).join("\n");

export const USAGE = `Usage: detent [configuration file | -] [--directive value ...] [-]
       detent SUBCOMMAND [argument ...]
       detent -v | --version
       detent -h | --help | help [SUBCOMMAND]

Without a subcommand, detent starts the server in the foreground. Ctrl-C stops it.

Examples:
       detent                                  listen on port 6379, data in the current directory
       detent --port 6400 --dir /var/lib/detent
       detent --http-port 8379                 serve the console at http://localhost:8379/ too
       detent --requirepass SECRET --protected-mode no
                                               let other hosts connect, with a password
       detent --appendfsync everysec           faster; a power failure can lose the last second
       detent /etc/detent.conf --loglevel verbose
       echo "port 6400" | detent -             read the configuration from standard input
       detent --sm-compat module               answer SM commands as the redis-state-machine module does
       detent backup /backups/ --dir /var/lib/detent

Subcommands ('detent SUBCOMMAND --help' says more):
${LIST}

Directives that are often set:
       --port N              --bind ADDRESS ...    --unixsocket PATH       --dir PATH
       --http-port N         --requirepass TEXT    --aclfile PATH          --appendfsync always|everysec|no
       --maxclients N        --logfile PATH        --daemonize yes         --tls-port N

The directives are those of redis.conf and some of Detent's own: docs/configuration.md describes them all.
`;
