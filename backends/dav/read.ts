import type { ItemId } from '../contract/items.ts';
import type { ObjectKind, ObjectRead } from '../contract/objects.ts';
import type { DavSession } from './account.ts';
import { propertyText } from './client.ts';
import type { CollectionFolder } from './collections.ts';
import { digest } from './digest.ts';
import { addressesOf, idAt, rememberTag, revisionOf } from './listing.ts';
import type { DavResource } from './multistatus.ts';
import { escapeXml, xmlDocument } from './names.ts';

/** Reads objects in the order of `ids`, a batch ahead of who takes them. */
export async function* readObjects(
  session: DavSession,
  folder: CollectionFolder,
  ids: readonly ItemId[],
  signal?: AbortSignal,
): AsyncIterable<ObjectRead> {
  const { readBatch } = session.settings.limits;
  const batches = Array.from({ length: Math.ceil(ids.length / readBatch) }, (_, i) =>
    ids.slice(i * readBatch, (i + 1) * readBatch),
  );
  const start = (batch: readonly ItemId[] | undefined) => {
    const reading = batch === undefined ? undefined : readBatchOf(session, folder, batch, signal);
    // Who stops early never looks at it.
    reading?.catch(() => undefined);
    return reading;
  };
  let next = start(batches[0]);
  for (let i = 0; next !== undefined; i++) {
    const batch = await next;
    next = start(batches[i + 1]);
    yield* batch;
  }
}

const readBatchOf = async (
  session: DavSession,
  folder: CollectionFolder,
  ids: readonly ItemId[],
  signal: AbortSignal | undefined,
): Promise<readonly ObjectRead[]> => {
  const { flavour } = session;
  const addresses = await addressesOf(session, folder, ids, signal);
  const found = new Map<ItemId, ObjectRead>();
  if (addresses.size > 0) {
    const hrefs = [...addresses.values()].map(({ pathname }) => `<D:href>${escapeXml(pathname)}</D:href>`);
    const body = xmlDocument(
      flavour.multiget,
      `<D:prop><D:getetag/><${flavour.dataProperty}/></D:prop>${hrefs.join('')}`,
    );
    const { url } = folder.collection;
    const { resources } = await session.multistatus({ method: 'REPORT', url, body, depth: '1', signal });
    for (const resource of resources) {
      const id = idAt(session, folder, resource.href);
      if (id !== undefined) found.set(id, readOne(session, folder, id, resource));
    }
  }
  return ids.map((id) => found.get(id) ?? { id, outcome: 'missing' });
};

const readOne = (session: DavSession, folder: CollectionFolder, id: ItemId, resource: DavResource): ObjectRead => {
  const data = resource.properties.get(session.flavour.dataProperty);
  if (data === undefined) {
    const status = resource.status ?? resource.failed ?? 404;
    if (status === 404 || status === 410) return { id, outcome: 'missing' };
    return { id, outcome: 'unreadable', reason: `The server answers with ${status} when it is asked for it` };
  }
  if (data.isCut) {
    const reason = `It is larger than ${session.settings.limits.objectBytes} bytes (limits.objectBytes)`;
    return { id, outcome: 'unreadable', reason };
  }
  const text = nativeText(data.text);
  const etag = propertyText(resource, 'D:getetag');
  if (etag !== undefined) rememberTag(session, folder, id, etag);
  return { id, outcome: 'item', text, revision: etag === undefined ? digest(text) : revisionOf(etag) };
};

/**
 * An object's text as it is stored. Both formats end their lines with CR LF, of which servers leave
 * the CR out or not when they write XML.
 */
export const nativeText = (text: string): string => {
  const lines = text.replace(/^\s+/, '').replace(/\r?\n/g, '\r\n');
  return lines.endsWith('\r\n') || lines === '' ? lines : `${lines}\r\n`;
};

/** The component that an iCalendar object is about; `VCARD` for a vCard. */
export const componentIn = (text: string): ObjectKind | undefined =>
  /^BEGIN:(VEVENT|VTODO|VJOURNAL|VCARD)\s*$/im.exec(text)?.[1]?.toUpperCase() as ObjectKind | undefined;
