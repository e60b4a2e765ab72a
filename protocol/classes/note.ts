import { Notes } from '../code-pages/index.ts';
import { compactDateTime, type InferFields, list, optional, text } from '../schema/describe.ts';
import { Body } from './air-sync-base.ts';

/** ApplicationData of a note, in both directions ([MS-ASNOTE] 2.2.2); from 14.0 on. */
export const NoteFields = {
  subject: optional(text(Notes.Subject)),
  messageClass: optional(text(Notes.MessageClass)),
  lastModifiedDate: optional(compactDateTime(Notes.LastModifiedDate)),
  categories: optional(list(Notes.Categories, text(Notes.Category))),
  body: optional(Body),
};

/** A note as it stands in ApplicationData. */
export type Note = InferFields<typeof NoteFields>;
