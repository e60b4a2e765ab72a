import type { IncomingHttpHeaders } from 'node:http';

/** What the HTTP codes of ActiveSync mean for the user of a phone ([MS-ASHTTP] 2.2.2). */
const HttpMeanings: Readonly<Record<number, string>> = {
  400: 'the server cannot read this request',
  401: 'the server refuses this user or password',
  403: 'this user or device may not use ActiveSync',
  404: 'there is no ActiveSync at this address',
  413: 'the request is larger than the server takes',
  449: 'the server wants the device to provision first',
  451: 'the account lives on another server',
  456: 'the account is blocked',
  457: 'the password has expired',
  500: 'the server failed',
  501: 'the server does not know this command',
  502: 'the proxy in front does not reach the server',
  503: 'the server is busy or cannot reach the mail server',
  504: 'the proxy in front waited too long for the server',
  507: 'the mailbox is full',
};

/** HTTP codes after which asking again is useless. */
const FinalHttpCodes = new Set([401, 403, 404, 451, 456, 457]);

/** An answer of another HTTP code than 200. */
export class HttpFailure extends Error {
  readonly command: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;

  constructor(command: string, status: number, headers: IncomingHttpHeaders) {
    const location = headers['x-ms-location'];
    const where = location === undefined ? '' : `; it names ${String(location)}`;
    super(`${command}: HTTP ${status}: ${HttpMeanings[status] ?? 'not an answer of ActiveSync'}${where}`);
    this.name = 'HttpFailure';
    this.command = command;
    this.status = status;
    this.headers = headers;
  }

  /** Seconds after which the server wants to be asked again. */
  get retryAfter(): number | undefined {
    const seconds = Number(this.headers['retry-after'] ?? Number.NaN);
    return Number.isFinite(seconds) ? seconds : undefined;
  }

  get isFinal(): boolean {
    return FinalHttpCodes.has(this.status);
  }
}

/** Status values, common to all commands, that mean that this device is not let in ([MS-ASCMD] 2.2.2). */
const FinalStatuses = new Set([126, 127, 128, 129, 130, 131, 139, 177]);

/** An answer whose Status is no success. */
export class StatusFailure extends Error {
  readonly command: string;
  /** [MS-ASCMD] 2.2.2 and the command's own table. */
  readonly status: number;

  constructor(command: string, status: number, what = 'the server answers') {
    super(`${command}: ${what} Status ${status}`);
    this.name = 'StatusFailure';
    this.command = command;
    this.status = status;
  }

  get isFinal(): boolean {
    return FinalStatuses.has(this.status);
  }
}

/** The server orders the device to erase itself ([MS-ASPROV] 2.2.2.55). */
export class WipeOrdered extends Error {
  /** Whether only this account is to be erased, not the whole device. */
  readonly accountOnly: boolean;

  constructor(accountOnly: boolean) {
    super(accountOnly ? 'The server orders this account to be erased' : 'The server orders this device to be erased');
    this.name = 'WipeOrdered';
    this.accountOnly = accountOnly;
  }
}

/** An answer that no phone can use: empty, of a wrong type, or without what it must have. */
export class UnusableAnswer extends Error {
  readonly command: string;

  constructor(command: string, problem: string) {
    super(`${command}: ${problem}`);
    this.name = 'UnusableAnswer';
    this.command = command;
  }
}
