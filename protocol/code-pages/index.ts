import { AirNotify } from './air-notify.ts';
import { AirSync } from './air-sync.ts';
import { AirSyncBase } from './air-sync-base.ts';
import { Calendar } from './calendar.ts';
import { ComposeMail } from './compose-mail.ts';
import { Contacts } from './contacts.ts';
import { Contacts2 } from './contacts2.ts';
import { DocumentLibrary } from './document-library.ts';
import { Email } from './email.ts';
import { Email2 } from './email2.ts';
import { Find } from './find.ts';
import { FolderHierarchy } from './folder-hierarchy.ts';
import { Gal } from './gal.ts';
import { GetItemEstimate } from './get-item-estimate.ts';
import { ItemOperations } from './item-operations.ts';
import { MeetingResponse } from './meeting-response.ts';
import { Move } from './move.ts';
import { Notes } from './notes.ts';
import { Ping } from './ping.ts';
import { Provision } from './provision.ts';
import { ResolveRecipients } from './resolve-recipients.ts';
import { RightsManagement } from './rights-management.ts';
import { Search } from './search.ts';
import { Settings } from './settings.ts';
import type { Tag } from './tag.ts';
import { Tasks } from './tasks.ts';
import { ValidateCert } from './validate-cert.ts';

export {
  AirNotify,
  AirSync,
  AirSyncBase,
  Calendar,
  ComposeMail,
  Contacts,
  Contacts2,
  DocumentLibrary,
  Email,
  Email2,
  Find,
  FolderHierarchy,
  Gal,
  GetItemEstimate,
  ItemOperations,
  MeetingResponse,
  Move,
  Notes,
  Ping,
  Provision,
  ResolveRecipients,
  RightsManagement,
  Search,
  Settings,
  Tasks,
  ValidateCert,
};

/** Every code page by its number. */
export const CodePages: readonly Readonly<Record<string, Tag>>[] = [
  AirSync,
  Contacts,
  Email,
  AirNotify,
  Calendar,
  Move,
  GetItemEstimate,
  FolderHierarchy,
  MeetingResponse,
  Tasks,
  ResolveRecipients,
  ValidateCert,
  Contacts2,
  Ping,
  Provision,
  Search,
  Gal,
  AirSyncBase,
  Settings,
  DocumentLibrary,
  ItemOperations,
  ComposeMail,
  Email2,
  Notes,
  RightsManagement,
  Find,
];

const TagsByToken: readonly (readonly (Tag | undefined)[])[] = CodePages.map((page) => {
  const tags: (Tag | undefined)[] = new Array(0x40).fill(undefined);
  for (const tag of Object.values(page)) tags[tag.token] = tag;
  return tags;
});

/** The tag of a token (without the content bit) on a page; `undefined`: no such page or token. */
export const tagAt = (page: number, token: number): Tag | undefined => TagsByToken[page]?.[token];
