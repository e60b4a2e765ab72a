import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';

/** A certificate that vouches for itself, with its key. */
export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/** What a certificate is issued for. */
export interface CertificateRequest {
  /** DNS names and addresses of the server; the first also is its common name. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** 16 random bytes. */
  readonly serial: Uint8Array;
}

/** Tags of ASN.1 types ([X.690] 8.1.2) that a certificate is made of. */
const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** `[0]` and `[3]`, explicit: version and extensions ([RFC5280] 4.1). */
  version: 0xa0,
  extensions: 0xa3,
  /** `[2]` and `[7]`, implicit: names of the subject ([RFC5280] 4.2.1.6). */
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

/** Length octets: short form up to 127, else a count and that many octets ([X.690] 8.1.3). */
const lengthOf = (length: number): Buffer => {
  if (length < 0x80) return Buffer.of(length);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(length);
  const significant = octets.subarray(octets.findIndex((octet) => octet !== 0));
  return Buffer.concat([Buffer.of(0x80 | significant.length), significant]);
};

/** One DER value: tag, length, contents. */
const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
};

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(Tag.sequence, ...contents);

/** An object identifier: the first two arcs in one octet, the others in base 128 ([X.690] 8.19). */
const objectId = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(Tag.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
};

const base128 = (value: number): number[] => {
  const octets = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) octets.unshift((left & 0x7f) | 0x80);
  return octets;
};

/** Dates from 2050 on have four digits of year ([RFC5280] 4.1.2.5). */
const time = (milliseconds: number): Buffer => {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  const short = Number(digits.slice(0, 4)) < 2050;
  return der(short ? Tag.utcTime : Tag.generalizedTime, Buffer.from(short ? digits.slice(2) : digits));
};

const commonName = (name: string): Buffer =>
  sequence(der(Tag.set, sequence(objectId('2.5.4.3'), der(Tag.utf8String, Buffer.from(name)))));

/** 16 octets of an IPv6 address, out of a text with at most one `::`. */
const ipv6Octets = (address: string): Buffer => {
  const [head = '', tail] = address.split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const gap = 8 - groups(head).length - groups(tail).length;
  const all = tail === undefined ? groups(head) : [...groups(head), ...Array(gap).fill('0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

const alternativeName = (name: string): Buffer => {
  if (isIPv4(name)) return der(Tag.ipAddress, Buffer.from(name.split('.').map(Number)));
  if (isIPv6(name)) return der(Tag.ipAddress, ipv6Octets(name));
  return der(Tag.dnsName, Buffer.from(name, 'ascii'));
};

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(objectId(id), ...(critical ? [der(Tag.boolean, Buffer.of(0xff))] : []), der(Tag.octetString, value));

/** Contents of a BIT STRING whose octets are all used. */
const bits = (octets: Uint8Array): Buffer => der(Tag.bitString, Buffer.of(0), octets);

/**
 * An authority of its own, so that phones can be told to trust it, for a server
 * ([RFC5280] 4.2.1.2, 4.2.1.3, 4.2.1.6, 4.2.1.9, 4.2.1.12).
 */
const extensionsOf = (names: readonly string[], publicKey: Buffer): Buffer =>
  sequence(
    extension('2.5.29.19', sequence(der(Tag.boolean, Buffer.of(0xff))), true),
    // digitalSignature and keyCertSign: bits 0 and 5, two unused at the end.
    extension('2.5.29.15', der(Tag.bitString, Buffer.of(2, 0b1000_0100)), true),
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.14', der(Tag.octetString, createHash('sha1').update(publicKey).digest())),
    extension('2.5.29.17', sequence(...names.map(alternativeName))),
  );

/** ecdsa-with-SHA256 ([RFC5758] 3.2). */
const Algorithm = sequence(objectId('1.2.840.10045.4.3.2'));

/** A positive INTEGER: a first bit of 1 would make it negative. */
const serialNumber = (random: Uint8Array): Buffer => {
  const octets = Buffer.from(random);
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return der(Tag.integer, octets);
};

const pem = (label: string, bytes: Buffer): string => {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
};

/** Issues a certificate with a new P-256 key that signs itself, as X.509 version 3 ([RFC5280] 4.1). */
export const issueCertificate = ({ names, notBefore, notAfter, serial }: CertificateRequest): IssuedCertificate => {
  const [first = 'localhost'] = names;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const name = commonName(first);
  const content = sequence(
    der(Tag.version, der(Tag.integer, Buffer.of(2))),
    serialNumber(serial),
    Algorithm,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    keyInfo,
    der(Tag.extensions, extensionsOf(names, keyInfo)),
  );
  const certificate = sequence(content, Algorithm, bits(sign('sha256', content, privateKey)));
  return {
    certificate: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};
