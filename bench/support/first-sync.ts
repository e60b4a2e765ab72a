import { AirSync } from '../../protocol/code-pages/index.ts';
import type { SyncRequest } from '../../protocol/commands/sync.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { WbxmlReader } from '../../protocol/wbxml/reader.ts';
import { type BenchPhone, HtmlOptions } from './bench-phone.ts';
import { now } from './line-client.ts';

/** What a first Sync brought. */
export interface FirstSync {
  readonly seconds: number;
  /** The bodies of all answers, unpacked, to be looked at when the clock stands still. */
  readonly answers: readonly Uint8Array[];
  /** Milliseconds of each round. */
  readonly rounds: readonly number[];
}

const requestOf = (collectionId: string, syncKey: string, windowSize: number, type: number): SyncRequest => ({
  partial: false,
  collections: {
    collection: [
      {
        collectionId,
        syncKey,
        windowSize,
        options: [{ ...HtmlOptions, bodyPreferences: [{ type, truncationSize: 32_768 }] }],
      },
    ],
  },
});

/** Reads no further than to the key and MoreAvailable, which stand before the items. */
const headOf = (body: Uint8Array): { readonly syncKey: string; readonly more: boolean } => {
  const reader = new WbxmlReader(bytesSource(body));
  let [syncKey, more] = ['', false];
  for (let event = reader.next(); event !== 'done'; event = reader.next()) {
    if (event !== 'start') continue;
    if (reader.tag === AirSync.Commands) break;
    if (reader.tag === AirSync.MoreAvailable) more = true;
    if (reader.tag === AirSync.SyncKey && reader.next() === 'text') syncKey = reader.text;
  }
  return { syncKey, more };
};

/**
 * Loads a folder as a phone does, without the phone's own work: what is measured is the server.
 *
 * @param type of body: 1 plain text, 2 HTML
 */
export const firstSync = async (
  phone: BenchPhone,
  id: string,
  windowSize: number,
  keep: boolean,
  type = 2,
): Promise<FirstSync> => {
  await phone.sync(id, windowSize, undefined);
  const { channel } = phone.device;
  const answers: Uint8Array[] = [];
  const rounds: number[] = [];
  const begun = now();
  for (let head = { syncKey: phone.keyOf(id), more: true }; head.more; ) {
    const start = now();
    const request = await channel.prepare('Sync', requestOf(id, head.syncKey, windowSize, type));
    const { body } = await channel.exchangeRaw('Sync', request);
    head = headOf(body);
    rounds.push(now() - start);
    phone.setKey(id, head.syncKey);
    if (keep) answers.push(body);
  }
  return { seconds: (now() - begun) / 1000, answers, rounds };
};
