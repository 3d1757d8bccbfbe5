/** The example that every client plays: an order that is paid and shipped, and what it must answer. */
export const MACHINE = JSON.stringify({
  current: "",
  initial: "new",
  map: { new: ["paid", "cancelled"], paid: ["shipped"] },
});

/** Requests and the replies a client shows, nil as null. */
export const ORDER: ReadonlyArray<readonly [request: readonly string[], reply: unknown]> = [
  [["SM.TEMPLATE"], '{"current":"","map":{},"initial":""}'],
  [["SM.SET", "order:1", MACHINE], "OK"],
  [["SM.STATE", "order:1"], ["new"]],
  [
    ["SM.STATE", "order:1", "LIST"],
    ["new", "paid"],
  ],
  [["SM.MUTATE", "order:1", "paid", "card 4242"], "OK"],
  [["SM.MUTATE", "order:1", "cancelled"], null],
  [["SM.GET", "order:1", "reason"], "card 4242"],
  [
    ["SM.GET", "order:1"],
    '{"current":"paid","map":{"new":["paid","cancelled"],"paid":["shipped"]},"initial":"new","reason":"card 4242"}',
  ],
  [["TYPE", "order:1"], "StateType"],
  [["SM.MUTATE", "order:1", "shipped"], "OK"],
  [["SM.RESET", "order:1"], "OK"],
  [["SM.STATE", "order:1"], ["new"]],
  [["SM.STATE", "none"], null],
  [["DEL", "order:1"], 1],
];
