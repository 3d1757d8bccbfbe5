/**
 * The kinds of machines that XState's examples and documentation show, written for Detent: each is imported from JSON and
 * runs beside XState itself. What is code there has its functions for XState and its expressions for Detent; states and
 * context are to be the same after each event and each passing of time.
 */
import { describe, expect, test } from "vitest";
import { assign, cancel, fromPromise, not, raise, stateIn } from "xstate";
import type { Json, JsonObject } from "../../src/base/json.ts";
import { translate } from "../../src/importers/formats.ts";
import { drive } from "../engine/support/driver.ts";
import { XStateDriver } from "../engine/support/xstate-driver.ts";

/** What an event brings, a number of milliseconds that pass, or the end of what a state has invoked. */
type Event =
  | string
  | number
  | { readonly type: string; readonly [key: string]: Json }
  | { readonly done: string; readonly output?: Json }
  | { readonly failed: string };

// biome-ignore lint/suspicious/noExplicitAny: what XState gives to functions depends on a type that JSON has not.
type Given = any;

interface Example {
  readonly config: JsonObject;
  /** Expressions under `guards`, `actions` and `delays` at the top. */
  readonly ours?: Readonly<Record<string, JsonObject>>;
  /** The same as functions of XState. */
  readonly theirs?: Readonly<Record<string, Readonly<Record<string, Given>>>>;
  readonly events: readonly Event[];
}

/** For actors whose end the test tells of. */
const never = () => fromPromise(() => new Promise(() => undefined));
const on = (events: JsonObject): JsonObject => ({ on: events });
const onOff = (up: string, down: string): JsonObject => ({
  initial: "off",
  states: { off: on({ [up]: "on" }), on: on({ [down]: "off" }) },
});

const EXAMPLES: Readonly<Record<string, Example>> = {
  "a toggle": { config: onOff("TOGGLE", "TOGGLE"), events: ["TOGGLE", "TOGGLE", "OTHER", "TOGGLE"] },
  "a toggle that counts": {
    config: {
      initial: "inactive",
      context: { count: 0 },
      states: {
        inactive: on({ toggle: "active" }),
        active: { entry: "increment", on: { toggle: "inactive" } },
      },
    },
    ours: { actions: { increment: { assign: { count: "context.count + 1" } } } },
    theirs: { actions: { increment: assign({ count: ({ context }: Given) => context.count + 1 }) } },
    events: ["toggle", "toggle", "toggle"],
  },
  "a counter with bounds": {
    config: {
      context: { count: 0 },
      on: {
        INC: { guard: "isNotMax", actions: "increment" },
        DEC: { guard: "isNotMin", actions: "decrement" },
        SET: { actions: "set" },
      },
    },
    ours: {
      guards: {
        isNotMax: "context.count < 2",
        isNotMin: { type: "not", params: { guard: "context.count <= 0" } },
      },
      actions: {
        increment: { assign: { count: "context.count + 1" } },
        decrement: { assign: { count: "context.count - 1" } },
        set: { assign: { count: "event.value" } },
      },
    },
    theirs: {
      guards: {
        isNotMax: ({ context }: Given) => context.count < 2,
        isNotMin: not(({ context }: Given) => context.count <= 0),
      },
      actions: {
        increment: assign({ count: ({ context }: Given) => context.count + 1 }),
        decrement: assign({ count: ({ context }: Given) => context.count - 1 }),
        set: assign({ count: ({ event }: Given) => event.value }),
      },
    },
    events: ["DEC", "INC", "INC", "INC", "DEC", { type: "SET", value: 7 }, "INC", "DEC"],
  },
  "a traffic light with a pedestrian light": {
    config: {
      id: "light",
      initial: "green",
      states: {
        green: { after: { 1000: "yellow" } },
        yellow: { after: { 500: "red" } },
        red: {
          initial: "walk",
          states: {
            walk: { after: { 300: "wait" } },
            wait: { after: { 200: "stop" } },
            stop: { type: "final" },
          },
          onDone: "green",
        },
        blinking: on({ POWER_RESTORED: "green" }),
      },
      on: { POWER_OUTAGE: ".blinking" },
    },
    events: [999, 1, 500, 300, 199, 1, 1000, "POWER_OUTAGE", 5000, "POWER_RESTORED", 1500],
  },
  "a stopwatch": {
    config: {
      initial: "stopped",
      context: { elapsed: 0 },
      states: {
        stopped: on({ start: "running" }),
        running: {
          after: { 10: { target: "running", reenter: true, actions: "tick" } },
          on: { stop: "stopped" },
        },
      },
      on: { reset: { target: ".stopped", actions: "clear" } },
    },
    ours: {
      actions: { tick: { assign: { elapsed: "context.elapsed + 10" } }, clear: { assign: { elapsed: "0" } } },
    },
    theirs: {
      actions: {
        tick: assign({ elapsed: ({ context }: Given) => context.elapsed + 10 }),
        clear: assign({ elapsed: 0 }),
      },
    },
    events: ["start", 9, 1, 35, "stop", 100, "start", 10, "reset", 50],
  },
  "a timer with a duration that is set": {
    config: {
      initial: "idle",
      context: { duration: 30, elapsed: 0 },
      states: {
        idle: on({ START: "running" }),
        running: {
          always: { guard: "isOver", target: "finished" },
          after: { 10: { target: "running", reenter: true, actions: "tick" } },
          on: { PAUSE: "paused" },
        },
        paused: on({ RESUME: "running" }),
        finished: on({ RESET: { target: "idle", actions: "reset" } }),
      },
      on: { DURATION: { actions: "setDuration" } },
    },
    ours: {
      guards: { isOver: "context.elapsed >= context.duration" },
      actions: {
        tick: { assign: { elapsed: "context.elapsed + 10" } },
        reset: { assign: { elapsed: "0" } },
        setDuration: { assign: { duration: "event.ms" } },
      },
    },
    theirs: {
      guards: { isOver: ({ context }: Given) => context.elapsed >= context.duration },
      actions: {
        tick: assign({ elapsed: ({ context }: Given) => context.elapsed + 10 }),
        reset: assign({ elapsed: 0 }),
        setDuration: assign({ duration: ({ event }: Given) => event.ms }),
      },
    },
    events: ["START", 20, "PAUSE", 500, "RESUME", 10, "RESET", { type: "DURATION", ms: 20 }, "START", 20],
  },
  "fetching with retries": {
    config: {
      id: "fetch",
      initial: "idle",
      context: { retries: 0, data: null },
      states: {
        idle: on({ FETCH: "loading" }),
        loading: {
          invoke: {
            id: "user",
            src: "fetchUser",
            onDone: { target: "success", actions: "keep" },
            onError: "failure",
          },
          on: { CANCEL: "idle" },
        },
        success: { type: "final" },
        failure: {
          on: { RETRY: { target: "loading", guard: "mayRetry", actions: "count" } },
        },
      },
    },
    ours: {
      guards: { mayRetry: "context.retries < 2" },
      actions: {
        keep: { assign: { data: "event.output" } },
        count: { assign: { retries: "context.retries + 1" } },
      },
    },
    theirs: {
      guards: { mayRetry: ({ context }: Given) => context.retries < 2 },
      actions: {
        keep: assign({ data: ({ event }: Given) => event.output }),
        count: assign({ retries: ({ context }: Given) => context.retries + 1 }),
      },
      actors: { fetchUser: never() },
    },
    events: [
      ...["FETCH", "CANCEL", "FETCH"],
      ...[{ failed: "user" }, "RETRY", { failed: "user" }, "RETRY", { failed: "user" }, "RETRY"],
    ],
  },
  "fetching that succeeds": {
    config: {
      initial: "loading",
      context: { user: null },
      states: {
        loading: {
          invoke: { id: "user", src: "fetchUser", onDone: { target: "shown", actions: "keep" } },
          after: { 5000: "slow" },
        },
        slow: on({ WAIT: "loading" }),
        shown: {},
      },
    },
    ours: { actions: { keep: { assign: { user: "event.output" } } } },
    theirs: {
      actions: { keep: assign({ user: ({ event }: Given) => event.output }) },
      actors: { fetchUser: never() },
    },
    events: [4999, 1, "WAIT", 100, { done: "user", output: { name: "Ann", roles: ["a", "b"] } }, 9000],
  },
  "a word editor with four regions": {
    config: {
      type: "parallel",
      states: {
        bold: onOff("TOGGLE_BOLD", "TOGGLE_BOLD"),
        italics: onOff("TOGGLE_ITALICS", "TOGGLE_ITALICS"),
        underline: onOff("TOGGLE_UNDERLINE", "TOGGLE_UNDERLINE"),
        list: {
          initial: "none",
          states: {
            none: on({ BULLETS: "bullets", NUMBERS: "numbers" }),
            bullets: on({ NONE: "none", NUMBERS: "numbers" }),
            numbers: on({ NONE: "none", BULLETS: "bullets" }),
          },
        },
      },
      on: {
        RESET: {
          target: [".bold.off", ".italics.off", ".underline.off", ".list.none"],
        },
      },
    },
    events: [
      "TOGGLE_BOLD",
      "NUMBERS",
      "TOGGLE_ITALICS",
      "BULLETS",
      "TOGGLE_BOLD",
      "TOGGLE_UNDERLINE",
      "RESET",
    ],
  },
  "a maker of donuts": {
    config: {
      id: "donut",
      initial: "ingredients",
      states: {
        ingredients: on({ NEXT: "directions" }),
        directions: {
          initial: "makeDough",
          onDone: "fry",
          states: {
            makeDough: on({ NEXT: "mix" }),
            mix: {
              type: "parallel",
              states: {
                dry: {
                  initial: "mixing",
                  states: { mixing: on({ MIXED_DRY: "mixed" }), mixed: { type: "final" } },
                },
                wet: {
                  initial: "mixing",
                  states: { mixing: on({ MIXED_WET: "mixed" }), mixed: { type: "final" } },
                },
              },
              onDone: "allMixed",
            },
            allMixed: { type: "final" },
          },
        },
        fry: on({ NEXT: "flip" }),
        flip: on({ NEXT: "dry" }),
        dry: on({ NEXT: "glaze" }),
        glaze: on({ NEXT: "serve" }),
        serve: on({ ANOTHER: "ingredients", DONE: "eaten" }),
        eaten: { type: "final" },
      },
    },
    events: [
      ...["NEXT", "MIXED_DRY", "NEXT", "MIXED_WET", "MIXED_WET", "MIXED_DRY", "NEXT", "NEXT", "NEXT", "NEXT"],
      ...["ANOTHER", "NEXT", "DONE"],
    ],
  },
  "tic-tac-toe": {
    config: {
      initial: "playing",
      context: { board: ["", "", "", "", "", "", "", "", ""], moves: 0, player: "x", winner: "" },
      states: {
        playing: {
          always: [
            { target: "gameOver.winner", guard: "hasWon" },
            { target: "gameOver.draw", guard: "isDraw" },
          ],
          on: { PLAY: { guard: "isFree", actions: "place" } },
        },
        gameOver: {
          initial: "winner",
          states: { winner: { entry: "crown" }, draw: {} },
          on: { RESET: { target: "playing", actions: "clear" } },
        },
      },
    },
    ours: {
      guards: {
        isFree: "event.at >= 0 && event.at < 9 && context.board[event.at] == ''",
        isDraw: "context.moves == 9",
        hasWon:
          "[[0,1,2],[3,4,5],[6,7,8],[0,3,6],[1,4,7],[2,5,8],[0,4,8],[2,4,6]].exists(l, context.board[l[0]] != '' && context.board[l[0]] == context.board[l[1]] && context.board[l[1]] == context.board[l[2]])",
      },
      actions: {
        place: {
          assign: {
            board: "[0,1,2,3,4,5,6,7,8].map(i, i == event.at ? context.player : context.board[i])",
            moves: "context.moves + 1",
            player: "context.player == 'x' ? 'o' : 'x'",
          },
        },
        crown: { assign: { winner: "context.player == 'x' ? 'o' : 'x'" } },
        clear: { assign: { board: "context.board.map(b, '')", moves: "0", player: "'x'", winner: "''" } },
      },
    },
    theirs: {
      guards: {
        isFree: ({ context, event }: Given) => context.board[event.at] === "",
        isDraw: ({ context }: Given) => context.moves === 9,
        hasWon: ({ context: { board } }: Given) =>
          ["012", "345", "678", "036", "147", "258", "048", "246"].some((line) => {
            const [a, b, c] = [...line].map((at) => board[Number(at)]);
            return a !== "" && a === b && b === c;
          }),
      },
      actions: {
        place: assign({
          board: ({ context, event }: Given) =>
            context.board.map((was: string, at: number) => (at === event.at ? context.player : was)),
          moves: ({ context }: Given) => context.moves + 1,
          player: ({ context }: Given) => (context.player === "x" ? "o" : "x"),
        }),
        crown: assign({ winner: ({ context }: Given) => (context.player === "x" ? "o" : "x") }),
        clear: assign({ board: Array.from({ length: 9 }, () => ""), moves: 0, player: "x", winner: "" }),
      },
    },
    events: [
      ...[0, 0, 3, 1, 4, 2].map((at) => ({ type: "PLAY", at })),
      "RESET",
      ...[0, 1, 2, 4, 3, 5, 7, 6, 8].map((at) => ({ type: "PLAY", at })),
    ],
  },
  "a check of credit": {
    config: {
      id: "credit",
      initial: "entering",
      context: { ssn: "", scores: [], rate: null },
      states: {
        entering: on({ SUBMIT: { target: "verifying", actions: "keepNumber" } }),
        verifying: {
          invoke: { id: "verify", src: "verify", onDone: "checking", onError: "entering" },
        },
        checking: {
          type: "parallel",
          states: Object.fromEntries(
            ["one", "two", "three"].map((name) => [
              name,
              {
                initial: "asking",
                states: {
                  asking: {
                    invoke: {
                      id: name,
                      src: "bureau",
                      onDone: { target: "answered", actions: "addScore" },
                      onError: "failed",
                    },
                  },
                  answered: { type: "final" },
                  failed: { type: "final" },
                },
              },
            ]),
          ),
          onDone: "deciding",
        },
        deciding: {
          always: [
            { guard: "isGood", target: "offered", actions: "lowRate" },
            { guard: "isKnown", target: "offered", actions: "highRate" },
            { target: "refused" },
          ],
        },
        offered: {},
        refused: {},
      },
    },
    ours: {
      guards: {
        isKnown: "size(context.scores) > 0",
        isGood: "size(context.scores) > 1 && context.scores.all(s, s >= 600)",
      },
      actions: {
        keepNumber: { assign: { ssn: "event.ssn" } },
        addScore: { assign: { scores: "context.scores + [event.output]" } },
        lowRate: { assign: { rate: "3.5" } },
        highRate: { assign: { rate: "9" } },
      },
    },
    theirs: {
      guards: {
        isKnown: ({ context }: Given) => context.scores.length > 0,
        isGood: ({ context }: Given) =>
          context.scores.length > 1 && context.scores.every((s: number) => s >= 600),
      },
      actions: {
        keepNumber: assign({ ssn: ({ event }: Given) => event.ssn }),
        addScore: assign({ scores: ({ context, event }: Given) => [...context.scores, event.output] }),
        lowRate: assign({ rate: 3.5 }),
        highRate: assign({ rate: 9 }),
      },
      actors: { verify: never(), bureau: never() },
    },
    events: [
      { type: "SUBMIT", ssn: "1" },
      { failed: "verify" },
      { type: "SUBMIT", ssn: "2" },
      { done: "verify" },
      { done: "two", output: 700 },
      { failed: "one" },
      { done: "three", output: 650 },
    ],
  },
  "a form of several steps": {
    config: {
      id: "form",
      initial: "personal",
      context: { name: "", email: "" },
      states: {
        personal: on({ NEXT: { target: "contact", guard: "hasName", actions: "keepName" } }),
        contact: on({
          NEXT: { target: "confirm", guard: "hasEmail", actions: "keepEmail" },
          BACK: "personal",
        }),
        confirm: { on: { BACK: "contact", SUBMIT: "submitting" } },
        submitting: { invoke: { id: "post", src: "post", onDone: "sent", onError: "confirm" } },
        sent: { type: "final" },
      },
    },
    ours: {
      guards: { hasName: "event.name != ''", hasEmail: "event.email.contains('@')" },
      actions: {
        keepName: { assign: { name: "event.name" } },
        keepEmail: { assign: { email: "event.email" } },
      },
    },
    theirs: {
      guards: {
        hasName: ({ event }: Given) => event.name !== "",
        hasEmail: ({ event }: Given) => event.email.includes("@"),
      },
      actions: {
        keepName: assign({ name: ({ event }: Given) => event.name }),
        keepEmail: assign({ email: ({ event }: Given) => event.email }),
      },
      actors: { post: never() },
    },
    events: [
      { type: "NEXT", name: "" },
      { type: "NEXT", name: "Ann" },
      { type: "NEXT", email: "nothing" },
      "BACK",
      { type: "NEXT", name: "Anne" },
      { type: "NEXT", email: "a@b" },
      ...["SUBMIT", { failed: "post" }, "SUBMIT", { done: "post" }],
    ],
  },
  "a parent and its child": {
    config: {
      initial: "waiting",
      context: { answers: 0 },
      states: {
        waiting: on({ ASK: "asking" }),
        asking: {
          invoke: { id: "child", src: "answer", onDone: { target: "waiting", actions: "count" } },
          on: { GIVE_UP: "waiting" },
        },
      },
    },
    ours: { actions: { count: { assign: { answers: "context.answers + event.output" } } } },
    theirs: {
      actions: { count: assign({ answers: ({ context, event }: Given) => context.answers + event.output }) },
      actors: { answer: never() },
    },
    events: ["ASK", { done: "child", output: 2 }, "ASK", "GIVE_UP", "ASK", { done: "child", output: 3 }],
  },
  "a dog that is walked": {
    config: {
      id: "dog",
      initial: "asleep",
      states: {
        asleep: on({ "wakes.up": "awake" }),
        awake: {
          initial: "resting",
          states: {
            resting: on({ "leave.home": "#dog.awake.onAWalk" }),
            onAWalk: {
              initial: "walking",
              states: {
                walking: on({ "speed.up": "running", "sudden.stop": "stopping" }),
                running: on({ "slow.down": "walking", "sudden.stop": "stopping" }),
                stopping: { after: { 500: "walking" } },
              },
              on: { "arrive.home": "resting" },
            },
          },
          on: { "falls.asleep": "asleep" },
        },
      },
    },
    events: [
      "wakes.up",
      "leave.home",
      "speed.up",
      "sudden.stop",
      500,
      "speed.up",
      "arrive.home",
      "falls.asleep",
    ],
  },
  "a player with a history": {
    config: {
      initial: "closed",
      states: {
        closed: on({ OPEN: "open.hist" }),
        open: {
          initial: "stopped",
          states: {
            stopped: on({ PLAY: "playing" }),
            playing: {
              initial: "normal",
              states: { normal: on({ FAST: "fast" }), fast: on({ NORMAL: "normal" }) },
              on: { PAUSE: "paused" },
            },
            paused: on({ PLAY: "playing" }),
            hist: { type: "history", history: "deep" },
          },
          on: { CLOSE: "closed", LAST: ".hist" },
        },
      },
    },
    events: ["OPEN", "PLAY", "FAST", "CLOSE", "OPEN", "LAST", "PAUSE", "CLOSE", "OPEN"],
  },
  "a lift": {
    config: {
      initial: "idle",
      context: { floor: 0, wanted: 0 },
      states: {
        idle: on({ CALL: { target: "deciding", actions: "want" } }),
        deciding: {
          always: [
            { guard: "isAbove", target: "moving.up" },
            { guard: "isBelow", target: "moving.down" },
            { target: "open" },
          ],
        },
        moving: {
          initial: "up",
          states: {
            up: { after: { 100: { target: "#there", actions: "rise" } } },
            down: { after: { 100: { target: "#there", actions: "sink" } } },
          },
        },
        there: { id: "there", always: "deciding" },
        open: { after: { 300: "idle" }, on: { CALL: { target: "deciding", actions: "want" } } },
      },
    },
    ours: {
      guards: { isAbove: "context.wanted > context.floor", isBelow: "context.wanted < context.floor" },
      actions: {
        want: { assign: { wanted: "event.floor" } },
        rise: { assign: { floor: "context.floor + 1" } },
        sink: { assign: { floor: "context.floor - 1" } },
      },
    },
    theirs: {
      guards: {
        isAbove: ({ context }: Given) => context.wanted > context.floor,
        isBelow: ({ context }: Given) => context.wanted < context.floor,
      },
      actions: {
        want: assign({ wanted: ({ event }: Given) => event.floor }),
        rise: assign({ floor: ({ context }: Given) => context.floor + 1 }),
        sink: assign({ floor: ({ context }: Given) => context.floor - 1 }),
      },
    },
    events: [{ type: "CALL", floor: 2 }, 100, 100, 200, { type: "CALL", floor: 1 }, 100, 300],
  },
  "a turnstile": {
    config: {
      initial: "locked",
      context: { coins: 0 },
      states: {
        locked: on({ COIN: { target: "unlocked", actions: "take" } }),
        unlocked: { on: { PUSH: "locked", COIN: { actions: "take" } }, after: { 30000: "locked" } },
      },
    },
    ours: { actions: { take: { assign: { coins: "context.coins + 1" } } } },
    theirs: { actions: { take: assign({ coins: ({ context }: Given) => context.coins + 1 }) } },
    events: ["PUSH", "COIN", "COIN", "PUSH", "COIN", 29999, 1],
  },
  "a login with attempts": {
    config: {
      initial: "out",
      context: { attempts: 0 },
      states: {
        out: { on: { LOGIN: "checking" } },
        checking: {
          entry: "count",
          invoke: { id: "auth", src: "auth", onDone: { target: "in", actions: "forget" }, onError: "denied" },
        },
        denied: {
          always: [{ guard: "isTooOften", target: "locked" }, { target: "out" }],
        },
        locked: { after: { 60000: { target: "out", actions: "forget" } } },
        in: { on: { LOGOUT: "out" }, after: { 900000: "out" } },
      },
    },
    ours: {
      guards: { isTooOften: "context.attempts >= 2" },
      actions: {
        count: { assign: { attempts: "context.attempts + 1" } },
        forget: { assign: { attempts: "0" } },
      },
    },
    theirs: {
      guards: { isTooOften: ({ context }: Given) => context.attempts >= 2 },
      actions: {
        count: assign({ attempts: ({ context }: Given) => context.attempts + 1 }),
        forget: assign({ attempts: 0 }),
      },
      actors: { auth: never() },
    },
    events: [
      ...["LOGIN", { failed: "auth" }, "LOGIN", { failed: "auth" }, "LOGIN", 60000],
      ...["LOGIN", { done: "auth" }, 900000],
    ],
  },
  "a search that waits until nobody types": {
    config: {
      initial: "idle",
      context: { text: "", found: [] },
      states: {
        idle: {},
        waiting: { after: { 300: "searching" } },
        searching: {
          invoke: {
            id: "search",
            src: "search",
            onDone: { target: "idle", actions: "keep" },
            onError: "idle",
          },
        },
      },
      on: {
        TYPE: { target: ".waiting", reenter: true, actions: "type" },
        CLEAR: { target: ".idle", actions: "clear" },
      },
    },
    ours: {
      actions: {
        type: { assign: { text: "event.text" } },
        keep: { assign: { found: "event.output" } },
        clear: { assign: { text: "''", found: "[]" } },
      },
    },
    theirs: {
      actions: {
        type: assign({ text: ({ event }: Given) => event.text }),
        keep: assign({ found: ({ event }: Given) => event.output }),
        clear: assign({ text: "", found: [] }),
      },
      actors: { search: never() },
    },
    events: [
      { type: "TYPE", text: "a" },
      299,
      { type: "TYPE", text: "ab" },
      299,
      1,
      { done: "search", output: ["ab", "abc"] },
      { type: "TYPE", text: "abc" },
      300,
      { type: "TYPE", text: "abcd" },
      "CLEAR",
      1000,
    ],
  },
  "an upload with progress": {
    config: {
      initial: "idle",
      context: { percent: 0 },
      states: {
        idle: on({ UPLOAD: "uploading" }),
        uploading: {
          on: {
            PROGRESS: [
              { guard: "isWhole", target: "checking", actions: "note" },
              { guard: "isMore", actions: "note" },
            ],
            ABORT: { target: "idle", actions: "clear" },
          },
          after: { 10000: "stalled" },
        },
        stalled: on({ RESUME: "uploading", ABORT: { target: "idle", actions: "clear" } }),
        checking: { always: "done" },
        done: { type: "final" },
      },
    },
    ours: {
      guards: { isWhole: "event.percent >= 100", isMore: "event.percent > context.percent" },
      actions: { note: { assign: { percent: "event.percent" } }, clear: { assign: { percent: "0" } } },
    },
    theirs: {
      guards: {
        isWhole: ({ event }: Given) => event.percent >= 100,
        isMore: ({ context, event }: Given) => event.percent > context.percent,
      },
      actions: {
        note: assign({ percent: ({ event }: Given) => event.percent }),
        clear: assign({ percent: 0 }),
      },
    },
    events: [
      "UPLOAD",
      { type: "PROGRESS", percent: 40 },
      { type: "PROGRESS", percent: 30 },
      10000,
      "RESUME",
      "ABORT",
      "UPLOAD",
      { type: "PROGRESS", percent: 100 },
    ],
  },
  "a machine for coffee": {
    config: {
      type: "parallel",
      context: { cups: 0 },
      states: {
        power: onOff("SWITCH_ON", "SWITCH_OFF"),
        brewing: {
          initial: "idle",
          states: {
            idle: on({ BREW: { target: "heating", guard: "isPowered" } }),
            heating: { after: { 2000: "pouring" }, on: { SWITCH_OFF: "idle" } },
            pouring: { after: { 1000: { target: "idle", actions: "count" } }, on: { SWITCH_OFF: "idle" } },
          },
        },
      },
    },
    ours: {
      guards: { isPowered: { type: "stateIn", params: { stateValue: { power: "on" } } } },
      actions: { count: { assign: { cups: "context.cups + 1" } } },
    },
    theirs: {
      guards: { isPowered: stateIn({ power: "on" }) },
      actions: { count: assign({ cups: ({ context }: Given) => context.cups + 1 }) },
    },
    events: ["SWITCH_ON", "BREW", 2000, 1000, "BREW", "SWITCH_OFF", 5000],
  },
  "events that raise others": {
    config: {
      initial: "a",
      context: { log: [] },
      states: {
        a: on({
          GO: {
            target: "b",
            actions: ["one", { type: "xstate.raise", params: { event: { type: "INNER" } } }],
          },
        }),
        b: { entry: "two", on: { INNER: { target: "c", actions: "three" } } },
        c: { exit: "four", on: { BACK: "a" } },
      },
    },
    ours: {
      actions: Object.fromEntries(
        ["one", "two", "three", "four"].map((name) => [
          name,
          { assign: { log: `context.log + ['${name}']` } },
        ]),
      ),
    },
    theirs: {
      actions: {
        ...Object.fromEntries(
          ["one", "two", "three", "four"].map((name) => [
            name,
            assign({ log: ({ context }: Given) => [...context.log, name] }),
          ]),
        ),
        "xstate.raise": raise({ type: "INNER" } as Given),
      },
    },
    events: ["GO", "BACK", "GO"],
  },
  "a reminder that is cancelled": {
    config: {
      initial: "open",
      states: {
        open: {
          entry: { type: "xstate.raise", params: { event: { type: "REMIND" }, delay: 1000, id: "r" } },
          exit: { type: "xstate.cancel", params: { sendId: "r" } },
          on: { REMIND: "reminded", CLOSE: "closed" },
        },
        reminded: on({ CLOSE: "closed", AGAIN: "open" }),
        closed: on({ OPEN: "open", REMIND: "lost" }),
        lost: {},
      },
    },
    theirs: {
      actions: {
        "xstate.raise": raise({ type: "REMIND" } as Given, { delay: 1000, id: "r" }),
        "xstate.cancel": cancel("r"),
      },
    },
    events: ["CLOSE", "OPEN", 1000, "AGAIN", 999, 1],
  },
  "a booker of flights": {
    config: {
      initial: "booking",
      context: { from: 0, back: 0, isReturn: false },
      states: {
        booking: {
          initial: "editing",
          states: {
            editing: {
              on: { BOOK: [{ guard: "isValid", target: "#flight.booked" }, { target: "invalid" }] },
            },
            invalid: { on: { FROM: "editing", BACK: "editing" } },
          },
        },
        booked: { type: "final" },
      },
      id: "flight",
      on: {
        FROM: { actions: "setFrom" },
        BACK: { actions: "setBack" },
        TRIP: { actions: "setTrip" },
      },
    },
    ours: {
      guards: { isValid: "!context.isReturn || context.back >= context.from" },
      actions: {
        setFrom: { assign: { from: "event.day" } },
        setBack: { assign: { back: "event.day" } },
        setTrip: { assign: { isReturn: "event.isReturn" } },
      },
    },
    theirs: {
      guards: { isValid: ({ context }: Given) => !context.isReturn || context.back >= context.from },
      actions: {
        setFrom: assign({ from: ({ event }: Given) => event.day }),
        setBack: assign({ back: ({ event }: Given) => event.day }),
        setTrip: assign({ isReturn: ({ event }: Given) => event.isReturn }),
      },
    },
    events: [
      { type: "FROM", day: 5 },
      { type: "TRIP", isReturn: true },
      { type: "BACK", day: 3 },
      "BOOK",
      "BOOK",
      { type: "BACK", day: 3 },
      { type: "TRIP", isReturn: false },
      "BOOK",
    ],
  },
  "a job whose pauses grow": {
    config: {
      initial: "working",
      context: { tries: 0 },
      states: {
        working: {
          entry: "count",
          on: { FAIL: [{ guard: "mayTry", target: "pausing" }, { target: "dead" }] },
        },
        pausing: { after: { backoff: "working" } },
        dead: { type: "final" },
      },
    },
    ours: {
      guards: { mayTry: "context.tries < 4" },
      delays: { backoff: "context.tries * context.tries * 100" },
      actions: { count: { assign: { tries: "context.tries + 1" } } },
    },
    theirs: {
      guards: { mayTry: ({ context }: Given) => context.tries < 4 },
      delays: { backoff: ({ context }: Given) => context.tries * context.tries * 100 },
      actions: { count: assign({ tries: ({ context }: Given) => context.tries + 1 }) },
    },
    events: ["FAIL", 99, 1, "FAIL", 399, 1, "FAIL", 900, "FAIL"],
  },
  feedback: {
    config: {
      id: "feedback",
      initial: "prompt",
      context: { text: "" },
      states: {
        prompt: { on: { "feedback.good": "thanks", "feedback.bad": "form" } },
        form: {
          on: {
            "feedback.update": { actions: "keep" },
            back: "prompt",
            submit: { guard: "hasText", target: "thanks" },
          },
        },
        thanks: {},
        closed: { id: "closed", on: { restart: "prompt" } },
      },
      on: { close: "#closed" },
    },
    ours: {
      guards: { hasText: "size(context.text) > 0" },
      actions: { keep: { assign: { text: "event.value" } } },
    },
    theirs: {
      guards: { hasText: ({ context }: Given) => context.text.length > 0 },
      actions: { keep: assign({ text: ({ event }: Given) => event.value }) },
    },
    events: [
      ...["feedback.bad", "submit", { type: "feedback.update", value: "slow" }, "submit", "close", "restart"],
    ],
  },
};

function states(value: unknown, before = ""): readonly string[] {
  // A machine without states.
  if (before === "" && Object.keys(value as object).length === 0) return ["active"];
  if (typeof value === "string") return [`${before}${value}`];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    typeof inner === "object" && Object.keys(inner).length === 0
      ? [`${before}${key}`]
      : states(inner, `${before}${key}.`),
  );
}

describe("an example of XState imported from JSON does what XState does:", () => {
  test.each(Object.entries(EXAMPLES))("%s", (_name, { config, ours = {}, theirs = {}, events }) => {
    const { document, findings } = translate("XSTATE", JSON.stringify({ ...config, ...ours }));
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    const detent = drive(document ?? null);
    const xstate = new XStateDriver(config, theirs);
    const compare = (after: unknown) => {
      const expected = states(xstate.snapshot.value);
      const shown = { after, states: [...expected].sort(), context: xstate.snapshot.context };
      expect({ after, states: [...detent.states()].sort(), context: detent.snapshot.context }).toEqual(shown);
      expect([after, detent.snapshot.status]).toEqual([after, xstate.snapshot.status]);
    };
    compare("start");
    for (const event of events) {
      if (typeof event === "number") {
        detent.advance(event);
        xstate.advance(event);
      } else if (typeof event === "object" && "done" in event) {
        detent.send(`${event.done}.done`, { output: event.output ?? null });
        xstate.send({ type: `xstate.done.actor.${event.done}`, output: event.output ?? null });
      } else if (typeof event === "object" && "failed" in event) {
        detent.send(`${event.failed}.failed`, { error: "x" });
        xstate.send({ type: `xstate.error.actor.${event.failed}`, error: "x" });
      } else {
        const { type, ...data } = typeof event === "string" ? { type: event } : event;
        detent.send(type, Object.keys(data).length === 0 ? undefined : data);
        xstate.send({ type, ...data });
      }
      compare(event);
    }
  });
});
