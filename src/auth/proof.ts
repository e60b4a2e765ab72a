import { createHmac } from 'node:crypto';
import type { Backend, Login } from '../../backends/contract/backend.ts';
import type { Clock, RandomBytes } from '../handlers/context.ts';
import { BoundedMap } from './bounded-map.ts';
import type { LoginPace } from './login-pace.ts';
import type { Attempt, LoginThrottle } from './throttle.ts';

/** How long a proof stands, in milliseconds. */
export interface ProofOptions {
  /** How long a proved password is taken without asking: also how long a changed one still works. */
  readonly remember: number;
  /** How long a refused password is answered without asking: a phone repeats a stale one for days. */
  readonly refuse: number;
}

export const DefaultProof: ProofOptions = { remember: 300_000, refuse: 600_000 };

/** Passwords remembered at most, proved and refused each: guesses never push out proofs. */
const MaxRemembered = 50_000;

/** The part of a backend that proves passwords. */
export type Prover = Required<Pick<Backend, 'prove'>> & Pick<Backend, 'forget'>;

/**
 * Proof of password: asked of the backend, then remembered in memory as a digest keyed with a random
 * key of this process, never as the password. Proofs asked at the same time share one upstream login.
 */
export class PasswordProof {
  readonly #prover: Prover;
  readonly #clock: Clock;
  readonly #options: ProofOptions;
  readonly #throttle: LoginThrottle;
  readonly #pace: LoginPace;
  readonly #key: Uint8Array;
  /** Until when a proof stands; kept beyond that, so that a later refusal drops its connections. */
  readonly #proved = new BoundedMap<number>(MaxRemembered);
  readonly #refused = new BoundedMap<number>(MaxRemembered);
  readonly #asking = new Map<string, Promise<boolean>>();

  constructor(
    prover: Prover,
    throttle: LoginThrottle,
    pace: LoginPace,
    clock: Clock,
    random: RandomBytes,
    options: ProofOptions = DefaultProof,
  ) {
    this.#prover = prover;
    this.#throttle = throttle;
    this.#pace = pace;
    this.#clock = clock;
    this.#options = options;
    this.#key = random(32);
  }

  /**
   * Whether the password is right. Throws `unavailable` when the backend cannot tell, LoginsThrottled
   * when it shall not be asked and LoginsQueued when it cannot be asked in time.
   */
  async prove(login: Login, attempt: Attempt): Promise<boolean> {
    const digest = this.#digest(login);
    const now = this.#clock.now();
    if ((this.#proved.get(digest) ?? 0) > now) {
      this.#throttle.succeeded(attempt);
      return true;
    }
    if ((this.#refused.get(digest) ?? 0) > now) return false;
    const right = await this.#askOnce(digest, login, attempt);
    if (right) this.#throttle.succeeded(attempt);
    return right;
  }

  /** A backend refused this login in the middle of its work: the proof and its connections go. */
  async withdraw(login: Login): Promise<void> {
    const digest = this.#digest(login);
    if (this.#proved.delete(digest)) await this.#prover.forget(login.account);
  }

  #askOnce(digest: string, login: Login, attempt: Attempt): Promise<boolean> {
    const running = this.#asking.get(digest);
    if (running !== undefined) return running;
    const release = this.#throttle.begin(attempt);
    const asked = this.#ask(digest, login, attempt, release).finally(() => this.#asking.delete(digest));
    this.#asking.set(digest, asked);
    return asked;
  }

  async #ask(digest: string, login: Login, attempt: Attempt, release: () => void): Promise<boolean> {
    const right = await this.#pace
      .run(login.account, () => this.#prover.prove(login))
      .catch((error: unknown) => {
        release();
        throw error;
      });
    const now = this.#clock.now();
    if (right) {
      release();
      this.#proved.set(digest, now + this.#options.remember);
      this.#refused.delete(digest);
      return true;
    }
    this.#refused.set(digest, now + this.#options.refuse);
    this.#throttle.failed(attempt);
    if (this.#proved.delete(digest)) await this.#prover.forget(login.account);
    return false;
  }

  #digest(login: Login): string {
    const secret = JSON.stringify([login.account, login.user, login.password]);
    return createHmac('sha256', this.#key).update(secret).digest('base64');
  }
}
