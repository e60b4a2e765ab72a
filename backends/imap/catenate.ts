import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { FolderId } from '../contract/folders.ts';
import type { StoredStretch } from '../contract/mail.ts';
import type { ListedFolder } from './folder-listing.ts';
import { uidsOf } from './sequence.ts';
import { type Argument, atom, literal, quoted } from './tokens.ts';

/** Bytes of a stretch from which on it is worth naming instead of sending. */
const WorthNaming = 16_384;

/** Bytes between the stretches that are sent, at most: they are held in memory. */
const MaxSent = 4 * 1_048_576;

/**
 * A message as a list of what the server has and what it is sent (CATENATE, RFC 4469). `undefined`
 * when that saves nothing, or cannot be said in a way that every server understands.
 */
export const catenation = (
  message: ByteSource,
  stretches: readonly StoredStretch[],
  known: (folder: FolderId) => ListedFolder | undefined,
): Argument | undefined => {
  const named = stretches.flatMap((stretch) => {
    const url = stretch.length < WorthNaming ? undefined : urlOf(stretch, known(stretch.folder));
    return url === undefined ? [] : [{ ...stretch, url }];
  });
  const sent = message.length - named.reduce((total, { length }) => total + length, 0);
  if (named.length === 0 || sent > MaxSent) return undefined;
  const list: Argument[] = [];
  let at = 0;
  const send = (end: number): boolean => {
    if (end === at) return true;
    const bytes = Buffer.from(message.read(at, end));
    list.push(atom('TEXT'), literal(bytes));
    // A literal holds no NUL, and CATENATE knows no other kind of it.
    return !bytes.includes(0);
  };
  for (const { start, length, url } of named) {
    if (start < at || !send(start)) return undefined;
    list.push(atom('URL'), quoted(url));
    at = start + length;
  }
  return send(message.length) ? list : undefined;
};

/** The body of a part as a URL (RFC 5092); only for names that are the same in every encoding of names. */
const urlOf = ({ id, part }: StoredStretch, folder: ListedFolder | undefined): string | undefined => {
  const epoch = id.slice(0, id.lastIndexOf('.'));
  const [uid] = uidsOf(epoch, [id]);
  if (folder === undefined || uid === undefined || !/^[ -%'-~]+$/.test(folder.wireName)) return undefined;
  if (!/^[1-9][0-9.]*$/.test(part)) return undefined;
  const mailbox = folder.wireName.split('/').map(encodeURIComponent).join('/');
  return `/${mailbox};UIDVALIDITY=${Number.parseInt(epoch, 36)}/;UID=${uid}/;SECTION=${part}`;
};
