/** Devices: claimed, provisioned in two regions at a time, then heard from until they fall silent. */
import { between, type Demo } from "./demo.ts";

const DEVICES = {
  id: "device",
  description: "A device from the factory to its place, and its life there",
  initial: "made",
  context: { site: null, firmware: null, level: 0, attempts: 0 },
  states: {
    made: {
      on: {
        CLAIM: {
          guard: "has(event.site)",
          target: "provisioning",
          actions: [{ assign: { site: "event.site" } }],
        },
      },
    },
    provisioning: {
      type: "parallel",
      entry: [{ assign: { attempts: "context.attempts + 1" } }],
      onDone: "online",
      after: {
        "2m": [
          { guard: "context.attempts < 3", target: "provisioning", reenter: true },
          { target: "failed" },
        ],
      },
      states: {
        identity: {
          initial: "pending",
          states: { pending: { on: { CERTIFICATE: "issued" } }, issued: { type: "final" } },
        },
        firmware: {
          initial: "checking",
          states: {
            checking: {
              on: {
                VERSION: [
                  {
                    guard: "event.version >= 7",
                    target: "current",
                    actions: [{ assign: { firmware: "event.version" } }],
                  },
                  { target: "updating" },
                ],
              },
            },
            updating: {
              on: {
                VERSION: {
                  guard: "event.version >= 7",
                  target: "current",
                  actions: [{ assign: { firmware: "event.version" } }],
                },
              },
            },
            current: { type: "final" },
          },
        },
      },
    },
    online: {
      entry: [{ assign: { attempts: 0 } }],
      on: {
        HEARTBEAT: { target: "online.heard", reenter: true },
        SET: { actions: [{ assign: { level: "event.level" } }] },
        RETIRE: "retired",
      },
      initial: "heard",
      states: {
        heard: { after: { "30s": "silent" } },
        silent: { entry: [{ task: "tell-operator", input: { device: "key" }, timeout: "10m" }] },
      },
    },
    failed: {
      on: { CLAIM: { target: "provisioning", actions: [{ assign: { attempts: 0 } }] } },
    },
    retired: { type: "final" },
  },
};

export const DEVICE: Demo = {
  name: "device",
  definitions: [["demo-device:v1", DEVICES]],
  made: "demo-device:v1",
  context: () => ({ level: 0 }),
  events: {
    made: [
      { event: "CLAIM", weight: 6, data: (random) => ({ site: `site-${between(random, 1, 8)}` }) },
      { event: "CLAIM", weight: 0.5, data: () => ({}) },
    ],
    "provisioning.identity.pending": [{ event: "CERTIFICATE" }],
    "provisioning.identity.issued": [],
    "provisioning.firmware.checking": [
      { event: "VERSION", data: (random) => ({ version: between(random, 4, 9) }) },
    ],
    "provisioning.firmware.updating": [
      { event: "VERSION", data: (random) => ({ version: between(random, 5, 9) }) },
    ],
    "provisioning.firmware.current": [],
    "online.heard": [
      { event: "HEARTBEAT", weight: 6 },
      { event: "SET", weight: 2, data: (random) => ({ level: between(random, 0, 100) }) },
      { event: "RETIRE", weight: 0.1 },
    ],
    "online.silent": [{ event: "HEARTBEAT", weight: 3 }, { event: "RETIRE" }],
    failed: [{ event: "CLAIM", data: () => ({ site: "site-1" }) }],
  },
};
