import { expect, test } from "vitest";
import { seeded } from "../support/seeded.ts";
import { compareStep, describeAgainstRedis, disconnect, listenToKeys, withRedis } from "./differential.ts";
import { stepsOf } from "./script.ts";

const SICILY = `
  GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
  GEOADD Sicily 12.758489 38.788135 edge1 17.241510 38.788135 edge2
`;

describeAgainstRedis("places", {
  "adding places": `
    GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
    ZRANGE g 0 -1 WITHSCORES
    GEOADD g 13.361389 38.115556 Palermo
    GEOADD g CH 13.4 38 Palermo 1 2 new
    GEOADD g NX 14 38 Palermo 1 2 other
    GEOADD g XX ch 14 38.5 Palermo 1 2 nobody
    GEOADD none XX 1 2 nobody
    EXISTS none
    !GEOADD g NX XX 1 2 a
    !GEOADD g INCR 1 2 a
    !GEOADD g 1 2
    !GEOADD g NX CH XX
    !GEOADD g 1 2 a 3
    !GEOADD g NX 1 2 a 3 4
    !GEOADD g x 0 a
    !GEOADD g 0 x a
    !GEOADD g nan 0 a
    !GEOADD g 200 0 x
    !GEOADD g 0 86 x
    !GEOADD g -180.0000001 0 x
    !GEOADD g inf 0 x
    !GEOADD g -inf 1e22 x
    !GEOADD g 1e300 0.1234567 x
    !GEOADD g 1 2 fine 200 0 x
    GEOADD g 180 85.05112878 corner -180 -85.05112878 other 0 0 middle
    ZRANGE g 0 -1 WITHSCORES
    GEOPOS g corner other middle
    GEOHASH g corner other middle
    SET str x
    !GEOADD str 1 2 a
    !GEOADD
  `,
  "where places are": `
    ${SICILY}
    GEOPOS Sicily Palermo nobody Catania
    GEOPOS none a b
    GEOPOS Sicily
    GEOHASH Sicily Palermo nobody edge1 edge2
    GEOHASH none a
    GEOHASH Sicily
    GEODIST Sicily Palermo Catania
    GEODIST Sicily Palermo Catania m
    GEODIST Sicily Palermo Catania KM
    GEODIST Sicily Palermo Catania mi
    GEODIST Sicily Palermo Catania Ft
    GEODIST Sicily Palermo Palermo
    GEODIST Sicily Palermo nobody
    GEODIST none a b
    !GEODIST Sicily Palermo Catania xx
    !GEODIST Sicily Palermo Catania km x
    !GEODIST Sicily Palermo
    ZADD odd -1 negative 1.5 half 1e300 large inf infinite 0 zero
    GEOPOS odd negative half zero
    GEOHASH odd negative half zero
    SET str x
    !GEOPOS str a
    !GEOHASH str a
    !GEODIST str a b
    !GEOPOS
  `,
  searching: `
    ${SICILY}
    GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km
    GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST WITHCOORD WITHHASH
    GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 400 km ASC
    GEOSEARCH Sicily fromlonlat 15 37 bybox 400 400 KM desc withdist
    GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 0 m
    GEOSEARCH Sicily FROMMEMBER Palermo BYBOX 0 0 m WITHDIST
    GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 100 mi COUNT 1
    GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1000 km COUNT 3 DESC
    GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1000 km COUNT 2 ANY
    GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1000 km COUNT 2 ANY ASC
    GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 100000 km
    GEOSEARCH Sicily FROMMEMBER Palermo BYBOX 100000 100000 km
    GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS inf km
    GEOSEARCH Sicily FROMLONLAT 1 1 BYRADIUS 1 m
    GEOSEARCH none FROMMEMBER nobody BYRADIUS 1 km
    GEOSEARCH none FROMLONLAT 15 37 BYRADIUS 1 km
    GEOSEARCH Sicily FROMMEMBER Palermo FROMMEMBER Catania BYRADIUS 1 m BYRADIUS 2 m
    !GEOSEARCH Sicily FROMMEMBER nobody BYRADIUS 1 km
    !GEOSEARCH Sicily BYRADIUS 1 km ASC WITHDIST
    !geosearch Sicily FROMLONLAT 15 37 ASC WITHDIST
    !GEOSEARCH Sicily FROMLONLAT 15 37 FROMMEMBER Palermo BYRADIUS 1 km
    !GEOSEARCH Sicily FROMMEMBER Palermo FROMLONLAT 15 37 BYRADIUS 1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km BYBOX 1 1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 1 1 km BYRADIUS 1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS -1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS x km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 xx
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX -1 1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 1 -1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX x 1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 1 x km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 1 1 xx
    !GEOSEARCH Sicily FROMLONLAT 15 97 BYRADIUS 1 km
    !GEOSEARCH Sicily FROMLONLAT x 37 BYRADIUS 1 km
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km COUNT 0
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km COUNT -1
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km COUNT x
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km COUNT
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km ANY
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km STORE x
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km STOREDIST
    !GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 1 km FOO
    !GEOSEARCH none FROMLONLAT 15 37 BYRADIUS 1 km FOO
    !GEOSEARCH Sicily FROMLONLAT 15 37
    SET str x
    !GEOSEARCH str FROMLONLAT 15 37 BYRADIUS 1 km
    !GEOSEARCH str FROMLONLAT 15 37 BYRADIUS 1 xx
  `,
  "storing what was found": `
    ${SICILY}
    GEOSEARCHSTORE to Sicily FROMLONLAT 15 37 BYRADIUS 200 km
    ZRANGE to 0 -1 WITHSCORES
    GEOSEARCHSTORE to Sicily FROMLONLAT 15 37 BYBOX 400 400 km COUNT 1 STOREDIST
    ZCARD to
    GEOSEARCHSTORE to Sicily FROMLONLAT 1 1 BYRADIUS 1 m
    EXISTS to
    SET to x
    GEOSEARCHSTORE to none FROMMEMBER a BYRADIUS 1 m
    EXISTS to
    GEOSEARCHSTORE Sicily Sicily FROMMEMBER Palermo BYRADIUS 1 km
    ZRANGE Sicily 0 -1 WITHSCORES
    !GEOSEARCHSTORE to Sicily FROMMEMBER Palermo BYRADIUS 1 km WITHDIST
    !GEOSEARCHSTORE to Sicily FROMMEMBER Palermo BYRADIUS 1 km WITHHASH
    !GEOSEARCHSTORE to Sicily BYRADIUS 1 km WITHCOORD
    !GEOSEARCHSTORE to Sicily BYRADIUS 1 km ASC ASC
    !GEOSEARCHSTORE to str
    SET str x
    !GEOSEARCHSTORE to str FROMLONLAT 1 1 BYRADIUS 1 m
  `,
  "the older forms": `
    ${SICILY}
    GEORADIUS Sicily 15 37 200 km WITHDIST WITHCOORD WITHHASH
    GEORADIUS Sicily 15 37 200 km COUNT 1 DESC
    GEORADIUS Sicily 15 37 200 km COUNT 1 ANY
    GEORADIUS_RO Sicily 15 37 200 km ASC
    GEORADIUSBYMEMBER Sicily Palermo 200 km ASC WITHDIST
    GEORADIUSBYMEMBER_RO Sicily Palermo 200 km DESC
    GEORADIUS Sicily 15 37 200 km STORE to
    ZRANGE to 0 -1 WITHSCORES
    GEORADIUS Sicily 15 37 200 km STOREDIST to COUNT 1
    ZRANGE to 0 -1
    GEORADIUS Sicily 15 37 200 km STORE one STOREDIST two
    EXISTS one two
    GEORADIUSBYMEMBER Sicily Palermo 0 m STORE to
    ZRANGE to 0 -1 WITHSCORES
    GEORADIUSBYMEMBER none nobody 1 m STORE to
    EXISTS to
    GEORADIUSBYMEMBER none nobody 200 km
    GEORADIUSBYMEMBER none nobody -200 xx
    GEORADIUS none 15 37 1 m
    !GEORADIUS none 15 37 200 xx
    !GEORADIUS none 15 37 -1 km
    !GEORADIUS none 15 37 x km
    !GEORADIUS none 15 97 1 km
    !GEORADIUS none 15 37 200 km COUNT 0
    !GEORADIUS Sicily 15 37 200 km STORE to WITHDIST
    !GEORADIUS Sicily 15 37 200 km ANY
    !GEORADIUS Sicily 15 37 200 km STORE
    !GEORADIUS Sicily 15 37 200 km BYRADIUS 1 km
    !GEORADIUS Sicily 15 37 200 km FROMMEMBER a
    !GEORADIUS_RO Sicily 15 37 200 km STORE to
    !GEORADIUSBYMEMBER_RO Sicily Palermo 200 km STOREDIST to
    !GEORADIUSBYMEMBER Sicily nobody 200 km
    !GEORADIUSBYMEMBER Sicily Palermo 200
    SET str x
    !GEORADIUS str 15 37 200 km
    !GEORADIUSBYMEMBER str a 200 km
  `,
});

withRedis("keyspace events of places", (servers) => {
  test("GEOADD and stores reply the same", async () => {
    const compare = await listenToKeys(servers);
    const pair = await servers.connect(2);
    for (const step of stepsOf(`
      GEOADD g 1 1 a 2 2 b
      GEOADD g 1 1 a
      GEOADD g 1 1.5 a
      GEOSEARCHSTORE to g FROMLONLAT 1 1 BYRADIUS 1000 km
      GEOSEARCHSTORE to g FROMLONLAT 50 50 BYRADIUS 1 km
      GEORADIUS g 1 1 1000 km STORE to
      GEORADIUSBYMEMBER g a 1000 km STOREDIST to
      GEORADIUS none 1 1 1 m STORE to
      GEORADIUS none 1 1 1 m STORE to
    `))
      await compareStep(pair, step);
    await compare();
    await disconnect(pair);
  });
});

withRedis("distances that are stored", ({ connect }) => {
  test("distances differ in the last bits only", async () => {
    const pair = await connect(3);
    const scores = [];
    for (const client of [pair.redis, pair.detent]) {
      for (let at = 0; at < 300; at += 1)
        await client.call("GEOADD", "g", String(-179 + at * 1.19), String(-80 + ((at * 37) % 160)), `m${at}`);
      await client.call(
        "GEOSEARCHSTORE",
        "to",
        "g",
        "FROMLONLAT",
        "10",
        "20",
        "BYRADIUS",
        "9000",
        "km",
        "STOREDIST",
      );
      scores.push(
        new Map((await client.call("ZRANGE", "to", "0", "-1", "WITHSCORES")) as [string, number][]),
      );
    }
    const [expected = new Map(), actual = new Map()] = scores;
    expect(actual.size).toBeGreaterThan(50);
    expect(new Set(actual.keys())).toEqual(new Set(expected.keys()));
    for (const [name, score] of actual) expect(score / (expected.get(name) ?? 0)).toBeCloseTo(1, 13);
    await disconnect(pair);
  });
});

/** So many members at few places: most are as far away as others. */
function crowded(size: number): string {
  const random = seeded(size);
  const places = ["0 0", "1 1", "1 -1", "-1 1", "-1 -1", "2 0", "0 2"];
  const members = Array.from(
    { length: size },
    (_, at) => `${places[Math.floor(random() * places.length)]} m${at}`,
  );
  const counts = [1, 2, 5, Math.floor(size / 2), size - 1, size, size + 1];
  const asked = counts.flatMap((count) =>
    ["ASC", "DESC", ""].map((order) => `GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1000 km ${order} COUNT ${count}`),
  );
  return [`GEOADD g ${members.join(" ")}`, ...asked].join("\n");
}

describeAgainstRedis(
  "the first of members that are equally far away",
  Object.fromEntries([6, 7, 8, 9, 20, 40, 41, 60, 200].map((size) => [`of ${size}`, crowded(size)])),
);
