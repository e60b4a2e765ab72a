import type { AnyCommand } from '../../src/handlers/command.ts';
import { encode, testCommand } from './fixture.ts';

/** FolderSync that answers with the SyncKey that it was asked with. */
export const echo = testCommand('FolderSync', async (_context, { body }) => ({
  kind: 'document',
  value: { status: 1, syncKey: body?.syncKey },
}));

/** FolderSync that fails. */
export const failing = (error: unknown) =>
  testCommand('FolderSync', async () => {
    throw error;
  });

/** FolderSync that fails and has no document to tell it with. */
export const withoutDocument = (error: unknown): AnyCommand => {
  const { failure: _failure, ...command } = failing(error);
  return command;
};

/** The body of a FolderSync. */
export const body = encode({ syncKey: '0' });

/** A request line with a base64 query. */
export const base64Line = (version: number, device: string, policyKey: readonly number[] = []): string => {
  const bytes = [version, 9, 9, 4, device.length, ...Buffer.from(device), policyKey.length, ...policyKey, 6];
  return `/Microsoft-Server-ActiveSync?${Buffer.from([...bytes, ...Buffer.from('iPhone')]).toString('base64')}`;
};
