/**
 * SM.STREAMS [KIND kind] [NAME name]: the streams that the server writes, with the key of each in every partition of the
 * cluster, who owns that, and what this server knows of it. A client that has asked one server knows the keys of
 * all streams that it has to read.
 */
import { type Bytes, bufferOf } from "../../base/bytes.ts";
import { READ } from "../../clients/users/check.ts";
import { slotOf } from "../../cluster/slots.ts";
import { tagsOf } from "../../cluster/tags.ts";
import { splitDefinitionId } from "../../machines/definitions.ts";
import {
  type ListedStream,
  listStreams,
  STREAM_KINDS,
  type StreamPlace,
  type StreamScope,
  type StreamWish,
  wantedStreams,
} from "../../machines/stream-list.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { notOneOf } from "../../protocol/word-errors.ts";
import { text, token } from "../arguments.ts";
import { portFor } from "../cluster/topology.ts";
import type { Call, Handler } from "../handler.ts";
import { readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";

/** A reply is one piece: so many streams at most. */
const STREAMS_MAX = 10_000;

export const smStreams = {
  name: "SM.STREAMS",
  run: (call) => {
    const wish = readWish(call.args);
    const scope = scopeOf(call);
    const count = wantedStreams(scope, wish).length * scope.places.length;
    if (count > STREAMS_MAX) throw tooManyStreams(count);
    const listed = [...listStreams(scope, wish)].filter(({ key }) => mayAccess(call, key, READ));
    return listed.map((stream) => rowOf(call, stream));
  },
} as const satisfies Handler;

function readWish(args: readonly Buffer[]): StreamWish {
  const given = readOptions(args, 1, { KIND: VALUE, NAME: VALUE });
  const [word, named] = [given.value("KIND"), given.value("NAME")];
  const kind = word === undefined ? undefined : STREAM_KINDS.find((one) => one.toUpperCase() === token(word));
  if (word !== undefined && kind === undefined)
    throw notOneOf(
      "KIND",
      STREAM_KINDS.map((one) => one.toUpperCase()),
    );
  if (named === undefined) return kind === undefined ? {} : { kind };
  const name = text(named, "NAME");
  if (kind === "changes" && splitDefinitionId(name).version === undefined) return { kind, name };
  if (kind === "tasks" && name !== "") return { kind, name };
  throw streamName();
}

/** All partitions there are, as far as the server knows, with what it holds of them. */
function scopeOf(call: Call): StreamScope {
  const { server, session } = call;
  const held = new Map(call.everywhere().map((databases) => [databases.place.number, databases]));
  // A cluster that has not been heard of yet has the partitions that are held.
  const ranges = server.cluster?.partitions ?? [];
  const places: readonly StreamPlace[] =
    ranges.length === 0
      ? Array.from(held.values(), (databases) => ({ ...tagAndNumber(databases.place), databases }))
      : tagsOf(ranges).map((tag, number) => ({ tag, number, databases: held.get(number) }));
  return {
    places,
    database: session.database,
    configured: {
      audit: server.config.get("sm-audit-stream"),
      ingest: server.config.get("sm-ingest-stream"),
    },
  };
}

const tagAndNumber = ({ tag, number }: { readonly tag: string; readonly number: number }) => ({
  tag,
  number,
});

function rowOf({ server, session }: Call, { key, kind, name, place, figures }: ListedStream): Reply {
  const slot = slotOfKey(key);
  const owner = server.cluster?.ownerOf(slot);
  return map([
    ["stream", bufferOf(key)],
    ["kind", kind],
    ["name", name ?? null],
    ["partition", place.number],
    ["slot", slot],
    ["owner", owner?.id ?? null],
    ["host", owner?.host ?? null],
    ["port", owner === undefined ? null : portFor(session, owner)],
    ["length", figures?.length ?? null],
    ["lastId", figures?.lastId ?? null],
  ]);
}

const slotOfKey = (key: Bytes): number => slotOf(bufferOf(key));

const tooManyStreams = (count: number) =>
  errors.err(
    `there are ${count} streams and at most ${STREAMS_MAX} are listed: ask for those of a KIND and a NAME`,
  );
const streamName = () =>
  errors.err("NAME stands behind KIND CHANGES, the name of a definition without a version, or KIND TASKS");
