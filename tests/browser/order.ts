/** The definition that most tests of the console use. */
export const ORDER = {
  id: "order",
  initial: "new",
  context: { paid: 0, total: 100 },
  states: {
    new: {
      on: {
        PAY: {
          target: "paid",
          guard: "event.amount >= context.total",
          actions: [{ assign: { paid: "event.amount" } }],
        },
      },
    },
    paid: { on: { SHIP: "shipped" }, after: { "72h": "late" } },
    late: {},
    shipped: { type: "final" },
  },
};
