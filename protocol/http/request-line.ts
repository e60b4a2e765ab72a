import { GlobalStatus } from '../status.ts';
import { type ProtocolVersion, supportedVersion } from '../versions.ts';
import { base64ToBytes } from '../wbxml/base64.ts';
import { decodeUtf8 } from '../wbxml/utf8.ts';
import { type CommandName, commandOfCode, commandOfName } from './command-codes.ts';
import { Headers, parsePolicyKey } from './headers.ts';

/** Parameters of the request line that some commands use ([MS-ASHTTP] 2.2.1.1.1.2.5). */
export interface LineParameters {
  readonly attachmentName?: string | undefined;
  readonly collectionId?: string | undefined;
  readonly itemId?: string | undefined;
  readonly longId?: string | undefined;
  readonly occurrence?: string | undefined;
  readonly saveInSent: boolean;
  readonly acceptMultiPart: boolean;
}

/** What the request line and its headers say, the same for both forms of the query. */
export interface RequestLine {
  readonly command: CommandName;
  /** `undefined`: a plain query without MS-ASProtocolVersion. */
  readonly version?: ProtocolVersion | undefined;
  readonly deviceId: string;
  readonly deviceType: string;
  /** The name in the query; a hint for logs, never an identity. */
  readonly user?: string | undefined;
  /** `undefined`: not sent; 0: the device says that it has none. */
  readonly policyKey?: number | undefined;
  /** Windows language code; only the base64 form has it. */
  readonly locale?: number | undefined;
  readonly parameters: LineParameters;
}

/** What is wrong with a request line, and the global Status that says so. */
const Problems = {
  malformedQuery: GlobalStatus.invalidContent,
  commandMissing: GlobalStatus.invalidContent,
  unknownCommand: GlobalStatus.commandNotSupported,
  unknownVersion: GlobalStatus.versionNotSupported,
  invalidDeviceId: GlobalStatus.deviceIdMissingOrInvalid,
  invalidDeviceType: GlobalStatus.deviceTypeMissingOrInvalid,
} as const;

/** Name of what is wrong. */
export type RequestLineProblem = keyof typeof Problems;

/** A request line that cannot be served. The client is at fault. */
export class RequestLineError extends Error {
  override readonly name = 'RequestLineError';
  readonly problem: RequestLineProblem;
  /** Global Status ([MS-ASCMD] 2.2.2); older versions get the HTTP code of `legacyHttp`. */
  readonly status: number;

  constructor(problem: RequestLineProblem, message: string) {
    super(message);
    this.problem = problem;
    this.status = Problems[problem];
  }
}

/** Longest query in characters. A base64 one has at most about 3,000; the web server's own limit is 16 kB. */
export const MaxQueryLength = 4096;

/** A device ID: 1 to 32 letters and digits ([MS-ASHTTP] 2.2.1.1.1.2, rule `device-id`). */
const DeviceId = /^[A-Za-z0-9]{1,32}$/;

/** A device type: visible characters and space; 64 are enough for every known one, and it is stored and shown. */
const DeviceType = /^[\x20-\x7e]{1,64}$/;

/** A GUID in hexadecimal; devices differ in its case. */
const HexGuid = /^[0-9A-Fa-f]{32}$/;

/** Looks a header up by its lower-case name. */
export type HeaderLookup = (name: string) => string | undefined;

/**
 * Reads the query of a POST and the headers that belong to it ([MS-ASHTTP] 2.2.1.1.1).
 *
 * @param query - what follows the `?`, undecoded
 * @throws RequestLineError
 */
export const parseRequestLine = (query: string, header: HeaderLookup): RequestLine => {
  if (query.length > MaxQueryLength) {
    throw new RequestLineError('malformedQuery', `The query is longer than ${MaxQueryLength} characters.`);
  }
  if (query === '') throw new RequestLineError('commandMissing', 'The request has no query, and so no command.');
  return isPlain(query) ? parsePlain(query, header) : parseBase64(query, header);
};

/** Base64 has `=` at its end only and never `&`. */
const isPlain = (query: string): boolean => query.includes('&') || /=[^=]/.test(query);

const multiPartOf = (header: HeaderLookup): boolean => isT(header(Headers.acceptMultiPart));

const isT = (text: string | undefined): boolean => text?.trim().toUpperCase() === 'T';

/** The key of X-MS-PolicyKey. Nonsense counts as 0: the device is then asked to provision, which repairs it. */
const policyKeyOf = (header: HeaderLookup): number | undefined => {
  const text = header(Headers.policyKey);
  return text === undefined ? undefined : (parsePolicyKey(text) ?? 0);
};

const versionOf = (text: string | undefined): ProtocolVersion | undefined => {
  if (text === undefined || text.trim() === '') return undefined;
  const version = supportedVersion(text.trim());
  if (version === undefined) throw new RequestLineError('unknownVersion', 'The protocol version is not one of ours.');
  return version;
};

/** Checks an ID; a GUID is given in upper case, so that every way of sending it means one device. */
const deviceIdOf = (text: string | undefined): string => {
  if (text === undefined || !DeviceId.test(text)) {
    throw new RequestLineError('invalidDeviceId', 'DeviceId must be 1 to 32 letters and digits.');
  }
  return HexGuid.test(text) ? text.toUpperCase() : text;
};

const deviceTypeOf = (text: string | undefined): string => {
  if (text === undefined || !DeviceType.test(text)) {
    throw new RequestLineError('invalidDeviceType', 'DeviceType must be 1 to 64 visible ASCII characters.');
  }
  return text;
};

const commandOr = (command: CommandName | undefined): CommandName => {
  if (command === undefined) throw new RequestLineError('unknownCommand', 'There is no such command.');
  return command;
};

/** Plain form: `Cmd=Sync&User=anna&DeviceId=...&DeviceType=...`, in any order ([MS-ASHTTP] 2.2.1.1.1.2). */
const parsePlain = (query: string, header: HeaderLookup): RequestLine => {
  const values = plainValues(query);
  const command = values.get('cmd');
  if (command === undefined) throw new RequestLineError('commandMissing', 'The query names no command (Cmd).');
  return {
    command: commandOr(commandOfName(command)),
    version: versionOf(header(Headers.protocolVersion)),
    deviceId: deviceIdOf(values.get('deviceid')),
    deviceType: deviceTypeOf(values.get('devicetype')),
    user: values.get('user'),
    policyKey: policyKeyOf(header),
    parameters: {
      attachmentName: values.get('attachmentname'),
      collectionId: values.get('collectionid'),
      itemId: values.get('itemid'),
      longId: values.get('longid'),
      occurrence: values.get('occurrence'),
      saveInSent: isT(values.get('saveinsent')),
      acceptMultiPart: multiPartOf(header),
    },
  };
};

/** Values by lower-case name; an empty one counts as absent, a repeated one is refused. */
const plainValues = (query: string): Map<string, string> => {
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    if (at <= 0 || at === pair.length - 1) continue;
    const name = percentDecode(pair.slice(0, at)).toLowerCase();
    if (values.has(name)) throw new RequestLineError('malformedQuery', 'The query names a parameter twice.');
    values.set(name, percentDecode(pair.slice(at + 1)));
  }
  return values;
};

/** Decodes `%XX` as UTF-8, or as Latin-1 where it is none: some devices send user names so. `+` stays. */
const percentDecode = (text: string): string => {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
};

/** Tags of parameters in the base64 form ([MS-ASHTTP] 2.2.1.1.1.1.3). */
export const ParameterTags = {
  attachmentName: 0,
  collectionId: 1,
  itemId: 3,
  longId: 4,
  occurrence: 6,
  options: 7,
  user: 8,
} as const;

/** Bits of the Options parameter. */
export const OptionBits = { saveInSent: 0x01, acceptMultiPart: 0x02 } as const;

/** Length of a GUID in bytes. */
const GuidLength = 16;

/**
 * Base64 form ([MS-ASHTTP] 2.2.1.1.1.1): version, command, locale, device ID, policy key, device
 * type, parameters. Devices send it percent-encoded, with the alphabet for URLs, or without padding.
 */
const parseBase64 = (query: string, header: HeaderLookup): RequestLine => {
  const bytes = base64ToBytes(percentDecode(query).replace(/[- ]/g, '+').replace(/_/g, '/'));
  if (bytes === undefined) throw new RequestLineError('malformedQuery', 'The query is neither plain nor base64.');
  const fields = new FieldReader(bytes);
  const version = versionOf((fields.byte() / 10).toFixed(1));
  const command = commandOr(commandOfCode(fields.byte()));
  const locale = fields.byte() | (fields.byte() << 8);
  const deviceId = deviceIdOf(deviceIdText(fields.value()));
  const policyKey = policyKeyOfBytes(fields.value()) ?? policyKeyOf(header);
  const deviceType = deviceTypeOf(textOf(fields.value()));
  const parameters = parametersOf(fields);
  const options = parameters.get(ParameterTags.options)?.[0] ?? 0;
  const text = (tag: number): string | undefined => textOf(parameters.get(tag)) || undefined;
  return {
    command,
    version,
    deviceId,
    deviceType,
    user: text(ParameterTags.user),
    policyKey,
    locale,
    parameters: {
      attachmentName: text(ParameterTags.attachmentName),
      collectionId: text(ParameterTags.collectionId),
      itemId: text(ParameterTags.itemId),
      longId: text(ParameterTags.longId),
      occurrence: text(ParameterTags.occurrence),
      saveInSent: (options & OptionBits.saveInSent) !== 0,
      acceptMultiPart: (options & OptionBits.acceptMultiPart) !== 0 || multiPartOf(header),
    },
  };
};

/** Reads single bytes, and values that follow their length. */
class FieldReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RequestLineError('malformedQuery', 'The base64 query ends too early.');
    return byte;
  }

  value(): Uint8Array {
    const length = this.byte();
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    if (value.length < length) throw new RequestLineError('malformedQuery', 'The base64 query ends too early.');
    this.#at += length;
    return value;
  }
}

const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && decodeUtf8(bytes, 0, bytes.length);

/** An ID as text; 16 bytes that are none are a GUID, which the plain form writes in hexadecimal. */
const deviceIdText = (bytes: Uint8Array): string | undefined => {
  const text = textOf(bytes);
  if (bytes.length !== GuidLength || (text !== undefined && DeviceId.test(text))) return text;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

const policyKeyOfBytes = (bytes: Uint8Array): number | undefined => {
  if (bytes.length === 0) return undefined;
  if (bytes.length !== 4) throw new RequestLineError('malformedQuery', 'A policy key has 4 bytes.');
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
};

/** Parameters by tag; unknown ones are left alone, of a repeated one the first counts. */
const parametersOf = (fields: FieldReader): Map<number, Uint8Array> => {
  const parameters = new Map<number, Uint8Array>();
  while (!fields.atEnd) {
    const tag = fields.byte();
    const value = fields.value();
    if (!parameters.has(tag)) parameters.set(tag, value);
  }
  return parameters;
};
