/** What `--help` prints. */
import { SUBCOMMANDS } from "./cli/run.ts";

const NAME_WIDTH = 9;

const LIST = SUBCOMMANDS.map(({ name, summary }) => `       ${name.padEnd(NAME_WIDTH)}${summary}`).join("\n");

export const USAGE = `Usage: detent [configuration file | -] [--directive value ...] [-]
       detent SUBCOMMAND [argument ...]
       detent -v | --version
       detent -h | --help

Examples:
       detent                                  listen on port 6379, data in the current directory
       detent --port 6400 --dir /var/lib/detent
       detent /etc/detent.conf --loglevel verbose
       echo "port 6400" | detent -
       detent --sm-compat module               answer SM commands as the redis-state-machine module does

Subcommands ('detent SUBCOMMAND --help' says more):
${LIST}

Directives are those of redis.conf and the ones that begin with sm-; docs/configuration.md lists them.
`;
