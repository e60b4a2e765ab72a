import { headerText } from './headers.ts';

/** A mailbox of an address list. */
export interface Address {
  /** Display name, decoded; `''` when there is none. */
  readonly name: string;
  /** `local@domain`; `''` when what stood there is no address. */
  readonly address: string;
}

/** Characters of To, Cc and From at most ([MS-ASEMAIL] 2.2.2.79). */
export const MaxAddressListLength = 32_768;

/** What was read of one mailbox. */
interface Draft {
  /** Text outside of angle brackets and comments; quoted strings without their quotes. */
  phrase: string;
  /** The same with quotes, for an address without angle brackets. */
  raw: string;
  angle: string | undefined;
  comment: string;
}

const emptyDraft = (): Draft => ({ phrase: '', raw: '', angle: undefined, comment: '' });

/**
 * Reads an address list (RFC 5322, 3.4) and whatever people write instead: groups are taken apart,
 * `;` separates like `,`, comments become names, brackets and quotes may be left open. Linear.
 */
export const parseAddresses = (value: string | undefined): Address[] => new AddressReader(value ?? '').read();

class AddressReader {
  readonly #value: string;
  readonly #list: Address[] = [];
  #draft = emptyDraft();
  #at = 0;
  /** Once a quote was not closed none is: looking again for each would take quadratic time. */
  #quotesClose = true;

  constructor(value: string) {
    this.#value = value;
  }

  read(): Address[] {
    const plain = /[^"(<,;:>]+/y;
    while (this.#at < this.#value.length) {
      plain.lastIndex = this.#at;
      const run = plain.exec(this.#value)?.[0];
      if (run === undefined) this.#readOne(this.#value[this.#at] as string);
      else {
        this.#append(run, run);
        this.#at += run.length;
      }
    }
    this.#finish();
    return this.#list;
  }

  #readOne(char: string): void {
    if (char === '"') this.#readQuoted();
    else if (char === '(') this.#readComment();
    else if (char === '<') this.#readAngle();
    else {
      this.#at++;
      if (char === ',' || char === ';') this.#finish();
      else if (char === ':' && this.#isGroupName()) this.#draft = emptyDraft();
      else if (char !== '>') this.#append(char, char);
    }
  }

  #finish(): void {
    const address = addressOf(this.#draft);
    if (address !== undefined) this.#list.push(address);
    this.#draft = emptyDraft();
  }

  #append(phrase: string, raw: string): void {
    this.#draft.phrase += phrase;
    this.#draft.raw += raw;
  }

  #isGroupName(): boolean {
    return this.#draft.angle === undefined && !this.#draft.raw.includes('@');
  }

  /** Reads a quoted string; a quote that is never closed is passed over. */
  #readQuoted(): void {
    const start = this.#at++;
    if (!this.#quotesClose) return;
    let text = '';
    for (let i = start + 1; i < this.#value.length; i++) {
      const char = this.#value[i] as string;
      if (char === '"') {
        this.#append(text, this.#value.slice(start, i + 1));
        this.#at = i + 1;
        return;
      }
      text += char === '\\' ? (this.#value[++i] ?? '') : char;
    }
    this.#quotesClose = false;
  }

  #readComment(): void {
    const start = this.#at;
    let depth = 0;
    for (; this.#at < this.#value.length; this.#at++) {
      const char = this.#value[this.#at];
      if (char === '\\') this.#at++;
      else if (char === '(') depth++;
      else if (char === ')' && --depth === 0) break;
    }
    this.#draft.comment ||= this.#value
      .slice(start + 1, this.#at)
      .replace(/\\(.)/g, '$1')
      .trim();
    this.#at++;
  }

  #readAngle(): void {
    const start = ++this.#at;
    let quoted = false;
    for (; this.#at < this.#value.length; this.#at++) {
      const char = this.#value[this.#at];
      if (!quoted && (char === '>' || char === '<')) break;
      if (char === '\\') this.#at++;
      else if (char === '"') quoted = !quoted;
    }
    this.#draft.angle ??= this.#value.slice(start, this.#at);
    if (this.#value[this.#at] === '>') this.#at++;
  }
}

const addressOf = (draft: Draft): Address | undefined => {
  if (draft.angle !== undefined) {
    // A source route, `@a,@b:user@c`, is left out (RFC 5322, 4.4).
    const address = draft.angle.replace(/^\s*@[^:]*:/, '').trim();
    return { name: nameOf(draft.phrase) || nameOf(draft.comment), address: compact(address) };
  }
  const raw = draft.raw.trim();
  if (raw === '') return draft.phrase.trim() === '' ? undefined : { name: nameOf(draft.phrase), address: '' };
  if (!raw.includes('@')) return { name: nameOf(draft.phrase) || nameOf(draft.comment), address: '' };
  if (raw.startsWith('"') || !/\s/.test(raw)) return { name: nameOf(draft.comment), address: compact(raw) };
  // `Anna Ek anna@example.org`: the word that holds the @ is the address.
  const words = raw.split(/\s+/);
  const at = words.findIndex((word) => word.includes('@') && word.length > 1);
  if (at < 0) return { name: '', address: compact(raw) };
  return { name: nameOf([...words.slice(0, at), ...words.slice(at + 1)].join(' ')), address: words[at] as string };
};

const nameOf = (text: string): string => headerText(text).replace(/^'(.*)'$/, '$1');

/** Blanks have no place in an address outside of a quoted local part. */
const compact = (address: string): string =>
  address.startsWith('"') ? address.replace(/[\r\n]+/g, '') : address.replace(/\s+/g, '');

/** One mailbox as EAS shows it, `"Anna Ek" <anna@example.org>`; the bare address when it has no name. */
const formatAddress = ({ name, address }: Address): string => {
  if (name === '') return headerText(address);
  const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`;
  return address === '' ? quoted : `${quoted} <${headerText(address)}>`;
};

/**
 * A list as EAS shows it, its mailboxes divided by `separator`. Whole mailboxes are left out where it would
 * grow beyond {@link MaxAddressListLength}; `undefined` for an empty list.
 */
export const formatAddresses = (list: readonly Address[], separator = ', '): string | undefined => {
  let text = '';
  for (const address of list) {
    const next = text === '' ? formatAddress(address) : text + separator + formatAddress(address);
    if (next.length > MaxAddressListLength) break;
    text = next;
  }
  return text === '' ? undefined : text;
};

/** Names of the recipients, or their addresses, divided by `; ` ([MS-ASEMAIL] 2.2.2.29). */
export const displayNames = (list: readonly Address[]): string | undefined => {
  const named = list.map(({ name, address }) => ({ name: '', address: (name || address).replaceAll(';', ',') }));
  return formatAddresses(named, '; ');
};
