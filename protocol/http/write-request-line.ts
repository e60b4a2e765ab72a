import { bytesToBase64 } from '../wbxml/base64.ts';
import { encodeUtf8 } from '../wbxml/utf8.ts';
import { CommandCodes } from './command-codes.ts';
import { Headers } from './headers.ts';
import { type LineParameters, OptionBits, ParameterTags, type RequestLine } from './request-line.ts';

/** Locale that a device without one states: English, United States. */
const DefaultLocale = 0x0409;

const TextParameters = ['attachmentName', 'collectionId', 'itemId', 'longId', 'occurrence'] as const;

/** The plain query ([MS-ASHTTP] 2.2.1.1.1.2); {@link plainHeaders} belong to it. */
export const plainQuery = (line: RequestLine): string => {
  const pairs: (readonly [string, string | undefined])[] = [
    ['Cmd', line.command],
    ['User', line.user],
    ['DeviceId', line.deviceId],
    ['DeviceType', line.deviceType],
    ...TextParameters.map((name) => [upperFirst(name), line.parameters[name]] as const),
    ['SaveInSent', line.parameters.saveInSent ? 'T' : undefined],
  ];
  return pairs.flatMap(([name, value]) => (value ? [`${name}=${encodeURIComponent(value)}`] : [])).join('&');
};

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Headers that say what the plain query cannot. */
export const plainHeaders = (line: RequestLine): Readonly<Record<string, string>> => ({
  ...(line.version && { [Headers.protocolVersion]: line.version }),
  ...(line.policyKey !== undefined && { [Headers.policyKey]: String(line.policyKey) }),
  ...(line.parameters.acceptMultiPart && { [Headers.acceptMultiPart]: 'T' }),
});

/**
 * The base64 query ([MS-ASHTTP] 2.2.1.1.1.1).
 *
 * @throws RangeError when a value is longer than 255 bytes, or there is no version
 */
export const base64Query = (line: RequestLine): string => {
  if (line.version === undefined) throw new RangeError('The base64 query needs a protocol version.');
  const locale = line.locale ?? DefaultLocale;
  return bytesToBase64(
    Uint8Array.from([
      Math.round(Number(line.version) * 10),
      CommandCodes[line.command],
      locale & 0xff,
      locale >> 8,
      ...withLength(encodeUtf8(line.deviceId)),
      ...withLength(policyKeyBytes(line.policyKey)),
      ...withLength(encodeUtf8(line.deviceType)),
      ...parameterBytes(line.parameters, line.user),
    ]),
  );
};

const policyKeyBytes = (key: number | undefined): Uint8Array => {
  if (key === undefined) return new Uint8Array(0);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, key, true);
  return bytes;
};

const parameterBytes = (parameters: LineParameters, user: string | undefined): number[] => {
  const options =
    (parameters.saveInSent ? OptionBits.saveInSent : 0) | (parameters.acceptMultiPart ? OptionBits.acceptMultiPart : 0);
  const texts = TextParameters.map((name) => [ParameterTags[name], parameters[name]] as const);
  const all = [...texts, [ParameterTags.user, user] as const];
  return [
    ...all.flatMap(([tag, value]) => (value ? [tag, ...withLength(encodeUtf8(value))] : [])),
    ...(options === 0 ? [] : [ParameterTags.options, 1, options]),
  ];
};

const withLength = (bytes: Uint8Array): number[] => {
  if (bytes.length > 255) throw new RangeError('A value of the base64 query cannot be longer than 255 bytes.');
  return [bytes.length, ...bytes];
};
