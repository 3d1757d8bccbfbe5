import fc from "fast-check";
import { describeRandom, few, generalRequests, option, options, request } from "./random-values.ts";

const key = fc.constantFrom("g", "g", "g", "h", "str");
const member = fc.nat({ max: 30 }).map((at) => `m${at}`);
/** Not the same place twice: where two are equally far Redis' order is that of its sorting. */
const degrees = (most: number) =>
  fc.noBias(fc.integer({ min: -most * 1e6, max: most * 1e6 })).map((at) => `${at / 1e6}`);
const place = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(degrees(180), degrees(85)) },
  // Close together.
  { weight: 4, arbitrary: fc.tuple(degrees(1), degrees(1)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(["180", "85.05112878"], ["-180", "-85.05112878"], ["181", "0"], ["x", "1"]),
  },
);
const unit = fc.constantFrom("m", "km", "MI", "ft", "km", "xx");
const length = fc.oneof(
  fc.noBias(fc.integer({ min: 1, max: 30_000_000 })).map((meters) => `${meters / 1000}`),
  fc.constantFrom("0", "1", "100", "20000", "1000000", "-1", "x"),
);
const from = fc.oneof(
  place.map(([longitude, latitude]) => ["FROMLONLAT", longitude, latitude]),
  member.map((name) => ["FROMMEMBER", name]),
);
const by = fc.oneof(
  fc.tuple(length, unit).map((words) => ["BYRADIUS", ...words]),
  fc.tuple(length, length, unit).map((words) => ["BYBOX", ...words]),
);
const order = fc.constantFrom("ASC", "DESC");
const count = fc.constantFrom(["COUNT", "1"], ["COUNT", "5"], ["COUNT", "5", "ANY"], ["COUNT", "0"]);
const shown = ["WITHDIST", "WITHCOORD", "WITHHASH"] as const;
const places = fc.array(fc.tuple(place, member), { minLength: 1, maxLength: 12 }).map((all) => all.flat(2));

describeRandom({
  name: "random requests about places",
  keys: ["g", "h"],
  unordered: new Set(),
  looks: [
    ["ZRANGE", "0", "-1", "WITHSCORES"],
    ["GEOPOS", "m0", "m1", "m2"],
  ],
  runs: 60,
  requests: fc.oneof(
    { weight: 8, arbitrary: request("GEOADD", key, options("NX", "XX", "CH"), places) },
    request("GEOPOS", key, few(member)),
    request("GEOHASH", key, few(member)),
    request("GEODIST", key, member, member, options(unit)),
    request("ZREM", key, few(member)),
    { weight: 8, arbitrary: request("GEOSEARCH", key, from, by, options(...shown, order, count)) },
    { weight: 3, arbitrary: request("GEOSEARCHSTORE", key, key, from, by, options(order, count)) },
    { weight: 3, arbitrary: request("GEORADIUS", key, place, length, unit, options(...shown, order, count)) },
    request("GEORADIUS", key, place, length, unit, options(order, count, option("STORE", key))),
    request("GEORADIUS_RO", key, place, length, unit, options(...shown, order, count)),
    {
      weight: 3,
      arbitrary: request("GEORADIUSBYMEMBER", key, member, length, unit, options(...shown, order, count)),
    },
    request("GEORADIUSBYMEMBER", key, member, length, unit, options(order, count, option("STORE", key))),
    request("GEORADIUSBYMEMBER_RO", key, member, length, unit, options(...shown, order, count)),
    ...generalRequests(key.filter((each) => each !== "str")),
  ),
});
