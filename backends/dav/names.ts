/** The names of elements that are looked at, with a fixed prefix for each namespace. */
const Prefixes: Readonly<Record<string, string>> = {
  'DAV:': 'D',
  'urn:ietf:params:xml:ns:caldav': 'C',
  'urn:ietf:params:xml:ns:carddav': 'A',
  'http://calendarserver.org/ns/': 'CS',
};

/** The name of an element: `D:href` in a known namespace, `{namespace}name` in another. */
export const elementName = (namespace: string, local: string): string => {
  const prefix = Prefixes[namespace];
  return prefix === undefined ? `{${namespace}}${local}` : `${prefix}:${local}`;
};

/** Declares the known prefixes, for the outermost element of a request. */
export const Declarations: string = Object.entries(Prefixes)
  .map(([namespace, prefix]) => `xmlns:${prefix}="${namespace}"`)
  .join(' ');

const Escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in XML; control characters that XML cannot hold are left out. */
export const escapeXml = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0, 2.2
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').replace(/[&<>"]/g, (char) => Escapes[char] as string);

/** A document whose outermost element has this name. */
export const xmlDocument = (name: string, content: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><${name} ${Declarations}>${content}</${name}>`;

/** A PROPFIND that asks for properties by name. */
export const propfind = (properties: readonly string[]): string => xmlDocument('D:propfind', propOf(properties));

/** `<D:prop>` with empty properties. */
export const propOf = (properties: readonly string[]): string =>
  `<D:prop>${properties.map((name) => `<${name}/>`).join('')}</D:prop>`;
