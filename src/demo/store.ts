import type { Backend } from '../../backends/contract/backend.ts';
import type { FolderRole } from '../../backends/contract/folders.ts';
import type { EmailFlag, OutgoingMail } from '../../backends/contract/mail.ts';

/** State of a mail of the demo; what is absent is as in a mail that nobody has touched. */
export interface DemoState {
  readonly seen?: boolean;
  readonly answered?: boolean;
  readonly draft?: boolean;
  readonly flagged?: boolean;
  readonly categories?: readonly string[];
  readonly flag?: EmailFlag;
  readonly lastVerbAt?: Date;
}

/** A mail of the demo, ready to be stored. */
export interface DemoMail {
  readonly folder: { readonly role: FolderRole } | { readonly name: string };
  readonly raw: Uint8Array;
  readonly received: Date;
  readonly state: DemoState;
}

/** What the demo needs of the local store, which is handed in by the wiring. */
export interface DemoStore extends Pick<Backend, 'account'> {
  readonly accounts: {
    create(name: string, password: string, displayName?: string): Promise<void>;
    setPassword(name: string, password: string): Promise<void>;
    has(name: string): Promise<boolean>;
  };
  /** Stores all of the mail or none. */
  importMail(account: string, mail: Iterable<DemoMail>): Promise<void>;
  /** Delivers to accounts of the store. */
  deliver(mail: OutgoingMail): Promise<void>;
}
