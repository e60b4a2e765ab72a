import type { CommandName } from '../../protocol/http/command-codes.ts';

/**
 * Names of what a request of the corpus is about. They stand in it instead of a server's own ids, and are
 * replaced by those of the server that is fuzzed: so that a request gets past the checks of its ids.
 */
export const Names = {
  hierarchyKey: '$hierarchyKey$',
  syncKey: '$syncKey$',
  inbox: '$inbox$',
  trash: '$trash$',
  folder: '$folder$',
  serverId: '$serverId$',
  otherServerId: '$otherServerId$',
  fileReference: '$fileReference$',
  longId: '$longId$',
  clientId: '$clientId$',
} as const;

/** What the names stand for on one device. */
export type NamedIds = Readonly<Record<keyof typeof Names, string>>;

/** A request of the corpus: the body of a command. */
export interface Sample {
  readonly command: CommandName;
  readonly body: Uint8Array;
}

/** The body with a device's own ids. Names stand in inline strings alone, whose length nothing tells. */
export const withIds = (body: Uint8Array, ids: NamedIds): Uint8Array => {
  let text = Buffer.from(body).toString('latin1');
  for (const [key, name] of Object.entries(Names)) text = text.replaceAll(name, ids[key as keyof NamedIds]);
  return Buffer.from(text, 'latin1');
};
