import type { BackendKind } from './contract/backend.ts';
import { caldav, carddav } from './dav/backend.ts';
import { imap } from './imap/backend.ts';
import { localKind } from './local/backend.ts';
import { smtpKind } from './smtp/backend.ts';

/** Every kind of backend by its name in the configuration. A new kind is one line here. */
export const backendKinds: ReadonlyMap<string, BackendKind<unknown>> = new Map<string, BackendKind<unknown>>(
  [imap, smtpKind, caldav, carddav, localKind].map((kind) => [kind.kind, kind as BackendKind<unknown>]),
);
