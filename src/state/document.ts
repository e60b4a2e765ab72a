/**
 * The form of a stored document: a 4-byte length (little-endian) and JSON in UTF-8, then for each
 * blob its 4-byte length and its bytes. Bulky sets stay bytes instead of growing by a third as text.
 */
export const packDocument = (json: object, blobs: readonly Uint8Array[] = []): Uint8Array => {
  const parts = [new TextEncoder().encode(JSON.stringify(json)), ...blobs];
  const out = new Uint8Array(parts.reduce((total, part) => total + 4 + part.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    out.set(part, at + 4);
    at += 4 + part.length;
  }
  return out;
};

/** Throws RangeError when a document is of a form that this release does not read. */
export const requireForm = (what: string, stored: number | undefined, known: number): void => {
  if (stored !== known) throw new RangeError(`The stored ${what} has form ${stored}, this release reads ${known}`);
};

/** Reads what {@link packDocument} wrote. Throws RangeError or SyntaxError on other bytes. */
export const unpackDocument = <Json>(bytes: Uint8Array): { json: Json; blobs: Uint8Array[] } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) throw new RangeError('A stored document ends too early');
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  const [json, ...blobs] = parts;
  if (json === undefined) throw new RangeError('A stored document is empty');
  return { json: JSON.parse(new TextDecoder().decode(json)) as Json, blobs };
};
