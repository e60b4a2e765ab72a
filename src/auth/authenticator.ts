import type { Login } from '../../backends/contract/backend.ts';
import type { AccountIdentity, Clock, RandomBytes } from '../handlers/context.ts';
import { type AccountOptions, accountResolver } from './accounts.ts';
import { parseBasic } from './credentials.ts';
import { LoginRefused } from './errors.ts';
import { DefaultLoginPace, LoginPace, type LoginPaceOptions } from './login-pace.ts';
import { DefaultProof, PasswordProof, type ProofOptions, type Prover } from './proof.ts';
import { DefaultThrottle, LoginThrottle, type ThrottleOptions } from './throttle.ts';

/** All that decides who is let in. */
export interface AuthOptions {
  readonly accounts: AccountOptions;
  readonly proof?: ProofOptions | undefined;
  readonly throttle?: ThrottleOptions | undefined;
  readonly pace?: LoginPaceOptions | undefined;
}

/** A user who proved to be one. */
export interface Session {
  readonly identity: AccountIdentity;
  /** To reach the account's backends with. Holds the password: never logged, never stored. */
  readonly login: Login;
}

/** What a request says about who asks. */
export interface Presented {
  readonly authorization: string | undefined;
  /** Device id; empty where the request has none. */
  readonly device: string;
  /** Where the client is, to pass upstream. */
  readonly clientAddress: string | undefined;
  /** Whether a trusted proxy told `clientAddress`; only then failures are counted by it. */
  readonly addressTold: boolean;
}

/** The one door: every way into an account goes through it. */
export interface Authenticator {
  /** Throws LoginRefused (401), LoginsThrottled, LoginsQueued or BackendError `unavailable` (503). */
  authenticate(presented: Presented): Promise<Session>;
  /** A backend refused this login after it had been proved. */
  withdraw(session: Session): Promise<void>;
  /** Logins that wait for their turn. */
  readonly queued: number;
}

/** Makes the door out of the options and the backend that proves passwords. */
export const createAuthenticator = (
  options: AuthOptions,
  prover: Prover,
  clock: Clock,
  random: RandomBytes,
): Authenticator => {
  const resolve = accountResolver(options.accounts);
  const throttle = new LoginThrottle(clock, options.throttle ?? DefaultThrottle);
  const pace = new LoginPace(clock, random, options.pace ?? DefaultLoginPace);
  const proof = new PasswordProof(prover, throttle, pace, clock, random, options.proof ?? DefaultProof);
  return {
    async authenticate({ authorization, device, clientAddress, addressTold }) {
      const basic = parseBasic(authorization);
      if (!basic.ok) throw new LoginRefused(basic.reason);
      const resolved = resolve(basic.credentials.user);
      if (!resolved.ok) throw new LoginRefused(resolved.reason);
      const { identity, upstreamUser } = resolved.account;
      const login: Login = {
        account: identity.name,
        user: upstreamUser,
        password: basic.credentials.password,
        addresses: [identity.address, ...identity.aliases],
        clientAddress,
      };
      const attempt = { account: identity.name, device, address: addressTold ? clientAddress : undefined };
      if (!(await proof.prove(login, attempt))) throw new LoginRefused('User name or password are wrong');
      return { identity, login };
    },
    withdraw: (session) => proof.withdraw(session.login),
    get queued() {
      return pace.waiting;
    },
  };
};
