import {
  type ContentLine,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  parameterValues,
  replaceLines,
} from '../lines/content-lines.ts';
import type { LineField } from '../lines/fields.ts';

/**
 * Bytes of a picture that devices take ([MS-ASCNTC] 2.2.2.58: 48 KB of base64, MS-ASCNTC_R381). A
 * larger one is made smaller by the caller, who can.
 */
export const MaxPictureBytes = 36_864;

const DataUri = /^data:[^,]*;base64,/i;

/** Base64 of the photo in a card; `undefined`: none, or one that is elsewhere (a URL). */
const encodedPhoto = (line: ContentLine): string | undefined => {
  const data = DataUri.exec(line.value);
  if (data !== null) return line.value.slice(data[0].length);
  const encoding = parameterValues(line, 'ENCODING')[0]?.toLowerCase() ?? parameterValues(line, 'TYPE').find(isBase64);
  return encoding !== undefined && isBase64(encoding) ? line.value : undefined;
};

const isBase64 = (value: string): boolean => /^(?:b|base64)$/i.test(value);

const isVersion4 = (card: LineComponent): boolean => linesOf(card, 'VERSION')[0]?.value.trim() === '4.0';

/** First bytes of the kinds of pictures that devices send. */
const Signatures: readonly (readonly [type: string, bytes: readonly number[]])[] = [
  ['PNG', [0x89, 0x50]],
  ['GIF', [0x47, 0x49]],
  ['JPEG', []],
];

const typeOf = (picture: Uint8Array): string =>
  Signatures.find(([, bytes]) => bytes.every((byte, at) => picture[at] === byte))?.[0] ?? 'JPEG';

/** Whole groups of three bytes a piece, so that the pieces' base64 can be put together. */
const Piece = 24_576;

const toBase64 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += Piece) text += btoa(String.fromCharCode(...bytes.subarray(at, at + Piece)));
  return text;
};

const fromBase64 = (text: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, '')), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
};

/** Picture ([MS-ASCNTC] 2.2.2.58): PHOTO, in the form that the card's version has it. */
export const photo: LineField<Uint8Array> = {
  read: (card) => {
    const encoded = linesOf(card, 'PHOTO')
      .map(encodedPhoto)
      .find((text) => text !== undefined);
    return encoded === undefined ? undefined : fromBase64(encoded);
  },
  write: (card, value) => {
    const old = linesOf(card, 'PHOTO');
    if (value === undefined || value.length === 0) return replaceLines(card, old, []);
    const [type, data] = [typeOf(value), toBase64(value)];
    const line = isVersion4(card)
      ? { name: 'PHOTO', value: `data:image/${type.toLowerCase()};base64,${data}` }
      : {
          name: 'PHOTO',
          parameters: [
            { name: 'ENCODING', values: ['b'] },
            { name: 'TYPE', values: [type] },
          ],
          value: data,
        };
    return replaceLines(card, old, [makeLine(line, lineEndIn(card))]);
  },
};
