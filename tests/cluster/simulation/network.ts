/** Between members and the database: delays, losses either way, connections that break, answers that come twice. */
import type { Timeline } from "./timeline.ts";

/** A member, as far as messages reach it. */
export interface Reached {
  readonly id: string;
  /** Lets something happen to it: now, or when it goes on. */
  enter(happen: () => void): void;
  /** Others say that something has changed. */
  hint(): void;
}

export interface Message<Answer> {
  /** Takes effect in the database. */
  readonly carryOut: () => Answer;
  readonly answered: (answer: Answer) => void;
  /** The connection broke. */
  readonly failed: () => void;
}

export interface Weather {
  /** Of messages to the database, and of answers. */
  readonly lossRate: number;
  /** Of messages that take much longer than usual. */
  readonly slowRate: number;
  /** Of answers that come a second time. */
  readonly twiceRate: number;
}

export const CALM: Weather = { lossRate: 0, slowRate: 0, twiceRate: 0 };

const USUAL_MS = 3;
/** What is slow is so within the time that an answer may take, or beyond it. */
const SLOW_MS = 600;
const VERY_SLOW_MS = 4000;
const BROKEN_MS = 20;

export class Network {
  weather: Weather = CALM;
  readonly #timeline: Timeline;
  readonly #random: () => number;
  readonly #members: () => readonly Reached[];
  /** Members that do not reach the database, until when. */
  readonly #cut = new Map<string, number>();
  #downUntilMs = 0;

  constructor(timeline: Timeline, random: () => number, members: () => readonly Reached[]) {
    this.#timeline = timeline;
    this.#random = random;
    this.#members = members;
  }

  /** The database answers nobody for so long. */
  stopDatabase(ms: number): void {
    this.#downUntilMs = this.#timeline.nowMs + ms;
  }

  cutOff(member: Reached, ms: number): void {
    this.#cut.set(member.id, this.#timeline.nowMs + ms);
  }

  calmDown(): void {
    this.weather = CALM;
    this.#cut.clear();
    this.#downUntilMs = 0;
  }

  ask<Answer>(member: Reached, message: Message<Answer>): void {
    if (this.#isLost(member)) {
      this.#breakOrHang(member, message);
      return;
    }
    this.#timeline.after(this.#delayMs(), () => {
      if (this.#timeline.nowMs < this.#downUntilMs) return this.#break(member, message);
      const answer = message.carryOut();
      if (this.#isLost(member)) return this.#breakOrHang(member, message);
      const arrive = () => member.enter(() => message.answered(answer));
      this.#timeline.after(this.#delayMs(), arrive);
      if (this.#random() < this.weather.twiceRate) this.#timeline.after(this.#delayMs() * 3, arrive);
    });
  }

  /** Others hear of a change of ownership, or do not. */
  hintAll(except: Reached): void {
    for (const member of this.#members()) {
      if (member !== except && !this.#isLost(member))
        this.#timeline.after(this.#delayMs(), () => member.hint());
    }
  }

  #breakOrHang<Answer>(member: Reached, message: Message<Answer>): void {
    if (this.#random() < 0.5) this.#break(member, message);
  }

  #break<Answer>(member: Reached, message: Message<Answer>): void {
    this.#timeline.after(BROKEN_MS * this.#random(), () => member.enter(() => message.failed()));
  }

  #isLost(member: Reached): boolean {
    const cutUntilMs = this.#cut.get(member.id) ?? 0;
    if (this.#timeline.nowMs < cutUntilMs) return true;
    return this.#random() < this.weather.lossRate;
  }

  #delayMs(): number {
    if (this.#random() >= this.weather.slowRate) return this.#random() * USUAL_MS;
    return this.#random() * (this.#random() < 0.5 ? SLOW_MS : VERY_SLOW_MS);
  }
}
