/** How a phone chooses the time that it lets a Ping wait, in seconds. */
export interface HeartbeatHabit {
  readonly start: number;
  /** Added after a Ping that ended quietly, taken away after one whose connection broke. */
  readonly step: number;
  readonly shortest: number;
  readonly longest: number;
}

/** The habit of Android: from 8 minutes up to 28, in steps of 5. */
export const AndroidHabit: HeartbeatHabit = { start: 480, step: 300, shortest: 60, longest: 1680 };

/** The time that a phone lets its next Ping wait; it learns from every Ping how long the way holds. */
export class Heartbeat {
  #seconds: number;
  #shortest: number;
  #longest: number;
  readonly #step: number;

  constructor(habit: HeartbeatHabit = AndroidHabit) {
    this.#seconds = habit.start;
    this.#shortest = habit.shortest;
    this.#longest = habit.longest;
    this.#step = habit.step;
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** The Ping lasted its whole time: the next one may last longer. */
  quiet(): void {
    this.#set(this.#seconds + this.#step);
  }

  /** The connection broke: something on the way cuts such long waits. */
  lost(): void {
    this.#set(this.#seconds - this.#step);
  }

  /** Status 5: the server names the longest or the shortest time that it allows ([MS-ASCMD] 2.2.3.88.1). */
  limit(seconds: number): void {
    if (seconds <= this.#seconds) this.#longest = seconds;
    else this.#shortest = seconds;
    this.#shortest = Math.min(this.#shortest, seconds);
    this.#longest = Math.max(this.#longest, seconds);
    this.#seconds = seconds;
  }

  #set(seconds: number): void {
    this.#seconds = Math.min(this.#longest, Math.max(this.#shortest, seconds));
  }
}
