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
