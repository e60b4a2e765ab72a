/** The user is not let in: the only failure of this server itself that becomes HTTP 401. */
export class LoginRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'LoginRefused';
  }
}

/** Too many wrong passwords: nothing is asked of the backend for a while, and nothing is said about this password. */
export class LoginsThrottled extends Error {
  /** Seconds after which to come again. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super(`Too many failed logins: try again in ${retryAfter} s`);
    this.name = 'LoginsThrottled';
    this.retryAfter = retryAfter;
  }
}

/** More logins wait for the servers behind than can have their turn in time: nothing was asked, nothing is wrong. */
export class LoginsQueued extends Error {
  /** Seconds after which to come again; each is told another number. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super(`Many log in at the same time: try again in ${retryAfter} s`);
    this.name = 'LoginsQueued';
    this.retryAfter = retryAfter;
  }
}
