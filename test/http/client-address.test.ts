import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clientAddressReader } from '../../src/http/client-address.ts';

const read = (proxies: string[], remoteAddress: string | undefined, headers: Record<string, string> = {}) =>
  clientAddressReader(proxies)({ socket: { remoteAddress }, headers });

describe('clientAddressReader', () => {
  test('without trusted proxies: the socket, whatever the headers say', () => {
    expect(read([], '192.0.2.1', { 'x-forwarded-for': '203.0.113.9' })).toEqual({ address: '192.0.2.1', told: false });
  });

  test('a peer that is no trusted proxy is not believed', () => {
    const answer = read(['10.0.0.0/8'], '192.0.2.1', { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=1.2.3.4' });
    expect(answer).toEqual({ address: '192.0.2.1', told: false });
  });

  const Told: [what: string, headers: Record<string, string>, address: string][] = [
    ['one hop', { 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
    ['what the client wrote itself, left', { 'x-forwarded-for': '6.6.6.6, 203.0.113.9' }, '203.0.113.9'],
    ['two proxies of ours', { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.1.1' }, '203.0.113.9'],
    ['a port', { 'x-forwarded-for': '203.0.113.9:4711' }, '203.0.113.9'],
    ['IPv6', { 'x-forwarded-for': '2001:db8::7' }, '2001:db8::7'],
    ['IPv4 in IPv6', { 'x-forwarded-for': '::ffff:203.0.113.9' }, '203.0.113.9'],
    ['Forwarded', { forwarded: 'for=6.6.6.6, for=203.0.113.9;proto=https;by=10.0.0.1' }, '203.0.113.9'],
    ['Forwarded with IPv6 and port', { forwarded: 'proto=https;For="[2001:db8::7]:443"' }, '2001:db8::7'],
    ['only our own proxies', { 'x-forwarded-for': '10.9.9.9' }, '10.9.9.9'],
    [
      'a Forwarded of the client beside the header of the proxy',
      { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=6.6.6.6' },
      '203.0.113.9',
    ],
    ['a link-local address', { 'x-forwarded-for': 'fe80::7%eth0' }, 'fe80::7'],
  ];
  test.each(Told)('a trusted proxy tells: %s', (_what, headers, address) => {
    expect(read(['10.0.0.0/8', '::1'], '10.0.0.1', headers)).toEqual({ address, told: true });
    expect(read(['10.0.0.0/8', '::1'], '::ffff:10.0.0.1', headers)).toEqual({ address, told: true });
    expect(read(['10.0.0.0/8', '::1'], '::1', headers)).toEqual({ address, told: true });
  });

  test('what the client wrote itself does not count where the proxy hides the client', () => {
    for (const headers of [{ 'x-forwarded-for': '6.6.6.6, unknown' }, { forwarded: 'for=6.6.6.6, for=_hidden' }]) {
      expect(read(['127.0.0.1'], '127.0.0.1', headers)).toEqual({ address: '127.0.0.1', told: false });
    }
  });

  test('a peer with a zone is compared without it', () => {
    expect(read(['fe80::/10'], 'fe80::1%eth0', { 'x-forwarded-for': '203.0.113.9' })).toEqual({
      address: '203.0.113.9',
      told: true,
    });
  });

  test.each([{}, { 'x-forwarded-for': 'unknown' }, { forwarded: 'for=_hidden' }, { 'x-forwarded-for': '' }])(
    'a trusted proxy that tells nothing useful leaves the socket: %j',
    (headers) => {
      expect(read(['127.0.0.1'], '127.0.0.1', headers as Record<string, string>)).toMatchObject({ told: false });
    },
  );

  test.each(['localhost', '10.0.0.0/99', '300.1.1.1', ''])('the list entry "%s" is refused', (entry) => {
    expect(() => clientAddressReader([entry])).toThrow();
  });

  test('no header makes it throw, or gives anything but an address', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const { address } = read(['127.0.0.1'], '127.0.0.1', { 'x-forwarded-for': a, ...(b && { forwarded: b }) });
        expect(address).toMatch(/^[0-9a-f.:]+$/i);
      }),
    );
  });
});
