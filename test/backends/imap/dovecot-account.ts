import { stat } from 'node:fs/promises';
import { type Dovecot, startDovecot } from '../../servers/dovecot.ts';
import { run } from '../../servers/process.ts';
import { type ImapHarness, openImapHarness } from './harness.ts';
import { type Relay, startRelay } from './relay.ts';

/** A Dovecot for one file of tests, with fresh users behind a relay. */
export interface DovecotBench {
  readonly dovecot: Dovecot;
  /** A new user's harness, its backend connected through a relay of its own. */
  account(settings?: object): Promise<ImapHarness & { readonly relay: Relay }>;
  /** Runs `doveadm` on this Dovecot. */
  doveadm(...args: string[]): Promise<string>;
  /** Gives a mailbox a new UIDVALIDITY. */
  resetEpoch(user: string, path: string): Promise<void>;
  stop(): Promise<void>;
}

let users = 0;

/** Starts it; `stop` also closes what was opened. */
export const startBench = async (options: Parameters<typeof startDovecot>[0] = {}): Promise<DovecotBench> => {
  const dovecot = await startDovecot(options);
  const closers: (() => Promise<void>)[] = [];
  const doveadm = async (...args: string[]): Promise<string> => {
    const { uid, gid } = await stat(`${dovecot.folder}/mail`);
    const identity = ['-o', `mail_uid=${uid}`, '-o', `mail_gid=${gid}`];
    return run('doveadm', [...identity, '-c', `${dovecot.folder}/dovecot.conf`, ...args]);
  };
  const resetEpoch = async (user: string, path: string): Promise<void> => {
    const value = String(Math.floor(Date.now() / 1_000) + 1_000 + Math.floor(Math.random() * 1_000_000));
    await doveadm('mailbox', 'update', '-u', user, '--uid-validity', value, path);
  };
  return {
    dovecot,
    doveadm,
    resetEpoch,
    account: async (settings = {}) => {
      const relay = await startRelay(dovecot.port);
      const user = `user${users++}@postrider.test`;
      const harness = await openImapHarness({
        port: dovecot.port,
        user,
        settings: { url: `imap://127.0.0.1:${relay.port}`, ...settings },
        resetEpoch,
      });
      closers.push(async () => {
        await harness.close();
        await relay.close();
      });
      return Object.assign(harness, { relay });
    },
    stop: async () => {
      for (const close of closers) await close();
      await dovecot.stop();
    },
  };
};
