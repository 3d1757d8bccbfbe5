/** Conversations in which guests book a table, and a person helps where the words were not understood. */
import { between, type Demo, type Random } from "./demo.ts";

const BOOKING = {
  id: "booking",
  description: "A conversation in which a guest books a table",
  initial: "talking",
  context: { people: null, day: null, misunderstood: 0, say: "" },
  states: {
    talking: {
      initial: "people",
      on: { HELP: "explaining", HUMAN: "human" },
      after: { "10m": "forgotten" },
      states: {
        people: {
          entry: [{ assign: { say: "'For how many people?'" } }],
          on: {
            TEXT: [
              {
                guard: "event.text.matches('^[0-9]{1,2}$')",
                target: "day",
                actions: [{ assign: { people: "int(event.text)", misunderstood: 0 } }],
              },
              { target: "unclear" },
            ],
          },
        },
        day: {
          entry: [{ assign: { say: "'On which day?'" } }],
          on: {
            TEXT: [
              {
                guard: "event.text in ['friday', 'saturday', 'sunday']",
                target: "confirming",
                actions: [{ assign: { day: "event.text", misunderstood: 0 } }],
              },
              { target: "unclear" },
            ],
          },
        },
        confirming: {
          entry: [
            { assign: { say: "'A table for ' + string(context.people) + ' on ' + context.day + '?'" } },
          ],
          on: {
            TEXT: [{ guard: "event.text == 'yes'", target: "#booking.booked" }, { target: "people" }],
          },
        },
        unclear: {
          entry: [{ assign: { misunderstood: "context.misunderstood + 1" } }],
          always: [
            { guard: "context.misunderstood > 2", target: "#booking.human" },
            { guard: "context.people == null", target: "people" },
            { target: "day" },
          ],
        },
        where: { type: "history" },
      },
    },
    explaining: {
      entry: [{ assign: { say: "'I book tables from Friday to Sunday.'" } }],
      on: { TEXT: "talking.where" },
    },
    human: {
      entry: [
        { assign: { say: "'I call a colleague.'" } },
        { task: "call-human", input: { conversation: "key" }, timeout: "10m" },
      ],
      on: { TAKEN: "helped" },
    },
    helped: { on: { CLOSE: "closed" } },
    booked: { type: "final", entry: [{ assign: { say: "'It is booked.'" } }] },
    forgotten: { type: "final" },
    closed: { type: "final" },
  },
};

function oneOf(...texts: readonly string[]) {
  return (random: Random) => ({ text: texts[between(random, 0, texts.length - 1)] });
}

export const CHAT: Demo = {
  name: "chat",
  definitions: [["demo-booking:v1", BOOKING]],
  made: "demo-booking:v1",
  context: () => ({ say: "" }),
  events: {
    "talking.people": [
      { event: "TEXT", weight: 8, data: oneOf("2", "4", "12", "a few of us") },
      { event: "HELP", weight: 1 },
      { event: "HUMAN", weight: 0.3 },
    ],
    "talking.day": [
      { event: "TEXT", weight: 8, data: oneOf("friday", "saturday", "sunday", "tomorrow") },
      { event: "HELP", weight: 0.5 },
    ],
    "talking.confirming": [
      { event: "TEXT", data: oneOf("yes", "yes", "no") },
      { event: "CLOSE", weight: 0.1 },
    ],
    explaining: [{ event: "TEXT", data: oneOf("I see", "thanks") }],
    human: [{ event: "TAKEN" }],
    helped: [{ event: "CLOSE" }],
  },
};
