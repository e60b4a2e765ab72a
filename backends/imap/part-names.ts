import { parseParameters } from '../convert/mail/encoded-words.ts';
import { parseHeaders } from '../convert/mail/headers.ts';
import type { MimePart } from '../convert/mail/structure.ts';

/**
 * Names of attachments in another charset than UTF-8, as they are and not encoded. BODYSTRUCTURE carries their
 * bytes, but what reads it takes them for UTF-8; they are then read again out of the part's own header.
 */

/** Bytes of a part's header that are read. */
const HeaderBytes = 8_192;

/** Parts of one message whose names are read again: a message with more is made to cost. */
const MaxParts = 20;

const isSpoilt = ({ parameters, dispositionParameters = {} }: MimePart): boolean =>
  [...Object.values(parameters), ...Object.values(dispositionParameters)].some((value) => value.includes('\ufffd'));

const spoiltParts = (part: MimePart): MimePart[] => [
  ...(part.part !== '' && isSpoilt(part) ? [part] : []),
  ...(part.children ?? []).flatMap(spoiltParts),
];

const sectionOf = ({ part }: MimePart): string => `${part}.MIME`;

/** What to fetch for the names of a message; nearly always nothing. */
export const nameSections = (root: MimePart): readonly { readonly section: string; readonly maxBytes: number }[] =>
  spoiltParts(root)
    .slice(0, MaxParts)
    .map((part) => ({ section: sectionOf(part), maxBytes: HeaderBytes }));

/** The structure with the names that the fetched headers tell. */
export const withNames = (part: MimePart, contents: ReadonlyMap<string, Uint8Array>): MimePart => {
  const header = contents.get(sectionOf(part));
  const named = header === undefined ? part : { ...part, ...parametersIn(header) };
  return part.children === undefined
    ? named
    : { ...named, children: part.children.map((child) => withNames(child, contents)) };
};

const parametersIn = (header: Uint8Array): Pick<MimePart, 'parameters' | 'dispositionParameters'> => {
  const fields = parseHeaders(header);
  const parametersOf = (name: string) => parseParameters(fields.get(name) ?? '').parameters;
  return { parameters: parametersOf('content-type'), dispositionParameters: parametersOf('content-disposition') };
};
