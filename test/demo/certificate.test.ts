import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { issueCertificate } from '../../src/demo/certificate.ts';

const day = 86_400_000;
const notBefore = Date.UTC(2026, 10, 22, 8, 30, 15);
const issue = (more: Partial<Parameters<typeof issueCertificate>[0]> = {}) =>
  issueCertificate({
    names: ['192.168.1.20', 'localhost', '2001:db8::20:1'],
    notBefore,
    notAfter: notBefore + 820 * day,
    serial: new Uint8Array(randomBytes(16)),
    ...more,
  });

describe('a certificate made here', () => {
  test('says what was asked for, as OpenSSL reads it', () => {
    const certificate = new X509Certificate(issue({ serial: new Uint8Array(16).fill(0xff) }).certificate);
    expect(certificate.subject).toBe('CN=192.168.1.20');
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.subjectAltName).toBe('IP Address:192.168.1.20, DNS:localhost, IP Address:2001:DB8:0:0:0:0:20:1');
    expect(Date.parse(certificate.validFrom)).toBe(notBefore);
    expect(Date.parse(certificate.validTo)).toBe(notBefore + 820 * day);
    expect(certificate.serialNumber).toBe(`7F${'FF'.repeat(15)}`);
    expect(certificate.ca).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.checkIP('192.168.1.20')).toBe('192.168.1.20');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('example.org')).toBeUndefined();
  });

  test('is signed by its own key', () => {
    const { certificate, key } = issue();
    const parsed = new X509Certificate(certificate);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.checkIssued(parsed)).toBe(true);
    const ownKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
    expect(parsed.publicKey.export({ type: 'spki', format: 'der' }).equals(ownKey)).toBe(true);
  });

  test('dates beyond 2049 have four digits of year', () => {
    const notAfter = Date.UTC(2051, 0, 2, 3, 4, 5);
    expect(Date.parse(new X509Certificate(issue({ notAfter }).certificate).validTo)).toBe(notAfter);
  });

  test('any serial number stays positive, any name is taken, any address reads back', () => {
    const address = fc.ipV6().filter((text) => !text.includes('.'));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.ipV4(),
        address,
        fc.domain(),
        (serial, v4, v6, name) => {
          const certificate = new X509Certificate(issue({ serial, names: [v4, v6, name] }).certificate);
          expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
          expect(certificate.checkIP(v4)).toBe(v4);
          expect(certificate.checkIP(v6)).toBe(v6);
          expect(certificate.subjectAltName).toContain(`DNS:${name}`);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a client that trusts it connects by TLS, another one does not', async () => {
    const { certificate, key } = issue({
      names: ['127.0.0.1'],
      notBefore: Date.now() - day,
      notAfter: Date.now() + day,
    });
    const server = createServer({ cert: certificate, key }, (_, response) => response.end());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const get = (options: object): Promise<string> =>
      new Promise((resolve) => {
        request({ host: '127.0.0.1', port, agent: false, ...options }, (response) =>
          resolve(`HTTP ${response.resume().statusCode}`),
        )
          .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
          .end();
      });
    expect(await get({ ca: certificate })).toBe('HTTP 200');
    expect(await get({})).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    server.close();
  });
});
