/** Text that goes into a response: clean, measured and cut at whole characters. */

/** Characters that XML 1.0 forbids; WBXML ends a string at U+0000. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const Forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** One look at what is nearly always clean: forbidden characters, and surrogates paired or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const Suspicious = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/;

/** The text without characters that cannot be sent; a half of a surrogate pair becomes U+FFFD. */
export const cleanText = (text: string): string =>
  Suspicious.test(text) ? text.replace(Forbidden, '').replace(/\p{Surrogate}/gu, '\ufffd') : text;

/** Bytes of the text in UTF-8. */
export const utf8Length = (text: string): number => Buffer.byteLength(text, 'utf8');

/** The longest beginning of `text` that takes at most `maxBytes` in UTF-8; no character is split. */
export const cutUtf8 = (text: string, maxBytes: number): string => {
  if (text.length * 3 <= maxBytes || utf8Length(text) <= maxBytes) return text;
  const room = new Uint8Array(maxBytes);
  return text.slice(0, new TextEncoder().encodeInto(text, room).read);
};

/** The longest beginning of at most `maxChars` UTF-16 units that splits no character. */
export const cutChars = (text: string, maxChars: number): string => {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxChars - 1 : maxChars);
};

/** How far back a tag or entity is looked for that a cut would divide. */
const MaxBackUp = 2_048;

/** {@link cutUtf8} for HTML: a tag or entity that the cut would divide is left out. */
export const cutHtml = (html: string, maxBytes: number): string => {
  const cut = cutUtf8(html, maxBytes);
  if (cut.length === html.length) return cut;
  const open = cut.lastIndexOf('<');
  if (open > cut.lastIndexOf('>') && cut.length - open < MaxBackUp) return cut.slice(0, open);
  const entity = /&[#\w]{0,10}$/.exec(cut.slice(-11));
  return entity === null ? cut : cut.slice(0, cut.length - entity[0].length);
};

/**
 * Puts the paragraphs of format=flowed text together (RFC 3676): a line that ends with a blank goes
 * on in the next one of the same quote depth. With `delSp` that blank is not part of the text.
 */
export const unflow = (text: string, delSp: boolean): string => {
  const out: string[] = [];
  let [open, depth] = [false, 0];
  for (const line of text.split(/\r?\n/)) {
    const quotes = /^>*/.exec(line)?.[0].length ?? 0;
    const stuffed = line.slice(quotes);
    const content = stuffed.startsWith(' ') ? stuffed.slice(1) : stuffed;
    const isSignature = content === '-- ';
    const flows = content.endsWith(' ') && !isSignature;
    const kept = flows && delSp ? content.slice(0, -1) : content;
    if (open && quotes === depth && !isSignature) out[out.length - 1] += kept;
    else out.push(quotes > 0 ? `${'>'.repeat(quotes)} ${kept}` : kept);
    [open, depth] = [flows, quotes];
  }
  return out.join('\r\n');
};
