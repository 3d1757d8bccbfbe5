/** Orders of a shop: paid, picked, shipped and delivered, sometimes late, sometimes given back. */
import { between, type Demo } from "./demo.ts";

const REFUND = {
  id: "refund",
  description: "Money that goes back to a customer",
  initial: "asked",
  context: { amount: 0 },
  states: {
    asked: { on: { APPROVE: "approved", DENY: "denied" } },
    approved: { type: "final", output: { refunded: "context.amount" } },
    denied: { type: "final", output: { refunded: "0" } },
  },
};

const paid = {
  initial: "waiting",
  on: { CANCEL: "refunding" },
  states: {
    waiting: { on: { PICK: "picking" }, after: { "40s": "late" } },
    late: {
      entry: [{ task: "call-customer", input: { order: "key" }, timeout: "10m" }],
      on: { PICK: "picking" },
    },
    picking: {
      on: {
        SHIP: {
          guard: "has(event.trackingNumber)",
          target: "#order.shipped",
          actions: [{ assign: { trackingNumber: "event.trackingNumber" } }],
        },
        OUT_OF_STOCK: "#order.refunding",
      },
    },
  },
};

const ORDERS = {
  id: "order",
  description: "An order in a shop: from the basket to the customer's door, or back",
  initial: "new",
  context: { total: 0, paid: 0, trackingNumber: null, carrier: null, expected: null },
  states: {
    new: {
      description: "waits for money",
      on: {
        PAYMENT: [
          {
            guard: "context.paid + event.amount >= context.total",
            target: "paid",
            actions: [{ assign: { paid: "context.paid + event.amount" } }],
          },
          {
            guard: "event.amount > 0",
            actions: [{ assign: { paid: "context.paid + event.amount" } }],
          },
        ],
        CANCEL: "cancelled",
      },
      after: { "15m": "cancelled" },
    },
    paid,
    shipped: {
      // Some orders have no carrier: the step of the timer fails, and they stay until a person helps: SM.PATCH, then SM.RETRY.
      after: { "8s": { actions: [{ assign: { expected: "context.carrier.days + 1" } }] } },
      on: { DELIVERED: { guard: "context.expected != null", target: "delivered" }, RETURNED: "refunding" },
    },
    refunding: {
      invoke: {
        src: "demo-refund",
        id: "refund",
        input: { amount: "context.paid" },
        onDone: "refunded",
      },
    },
    delivered: { type: "final" },
    refunded: { type: "final" },
    cancelled: { type: "final" },
  },
};

/** A later version, which no machine has yet: orders may be held, and a late one is called overdue. */
const NEXT = {
  ...ORDERS,
  states: {
    ...ORDERS.states,
    paid: {
      ...paid,
      on: { ...paid.on, HOLD: "held" },
      states: {
        waiting: { on: { PICK: "picking" }, after: { "40s": "overdue" } },
        overdue: paid.states.late,
        picking: paid.states.picking,
      },
    },
    held: { on: { RELEASE: "paid", CANCEL: "refunding" }, after: { "1h": "refunding" } },
  },
};

export const ORDER: Demo = {
  name: "order",
  definitions: [
    ["demo-refund:v1", REFUND],
    ["demo-order:v1", ORDERS],
    ["demo-order:v2", NEXT],
  ],
  made: "demo-order:v1",
  context: (random) => ({
    total: between(random, 2, 40) * 5,
    carrier: random() < 0.12 ? null : { name: "post", days: between(random, 1, 4) },
  }),
  events: {
    new: [
      { event: "PAYMENT", weight: 8, data: (random) => ({ amount: between(random, 20, 200) }) },
      { event: "CANCEL", reason: "changed my mind" },
      // Comes too early, and is refused.
      { event: "SHIP", weight: 0.3, data: () => ({ trackingNumber: "none" }) },
    ],
    "paid.waiting": [
      { event: "PICK", weight: 4 },
      { event: "CANCEL", weight: 0.3 },
      { event: "PAYMENT", weight: 0.2 },
    ],
    "paid.late": [{ event: "PICK" }],
    "paid.picking": [
      {
        event: "SHIP",
        weight: 8,
        data: (random) => ({ trackingNumber: `TN${between(random, 100000, 999999)}` }),
      },
      { event: "SHIP", data: () => ({}) },
      { event: "OUT_OF_STOCK", weight: 0.6 },
    ],
    shipped: [
      { event: "DELIVERED", weight: 4 },
      { event: "RETURNED", weight: 0.6, reason: "too small" },
    ],
    refunding: [],
    // The states of the refund that an order has asked for.
    asked: [{ event: "APPROVE", weight: 5 }, { event: "DENY" }],
  },
};
