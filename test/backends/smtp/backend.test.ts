import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import type { SMTPServerOptions } from 'smtp-server';
import { asciiAddress } from '../../../backends/smtp/wire.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { type CertificateAuthority, makeAuthority, type ServerCertificate } from '../../servers/certificates.ts';
import { freePort, makeFolder } from '../../servers/process.ts';
import { anna, mail, smtpStage, submission } from './stage.ts';

const { serve, backend } = smtpStage();

describe('what goes out', () => {
  test('raw bytes pass untouched, dots and 8-bit included', async () => {
    const server = await serve();
    const raw = Buffer.concat([
      Buffer.from('From: a@b\r\nBcc: kept@example.org\r\nSubject: dots\r\n\r\n.\r\n..\r\n.x\r\n'),
      Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => [0xfc, 0x41, 0x80, 0x0d, 0x0a][i % 5] ?? 0)),
    ]);
    await submission(backend(server.port)).submit(mail(raw, ['ben@example.org', 'eva@example.org']));
    expect(server.received).toHaveLength(1);
    expect(server.received[0]?.raw.equals(raw)).toBe(true);
    expect(server.received[0]).toMatchObject({
      from: 'anna@example.org',
      recipients: ['ben@example.org', 'eva@example.org'],
    });
  });

  test('is told of with its size, and as 8BITMIME only where it needs it', async () => {
    const server = await serve({ size: 1_000 });
    const smtp = submission(backend(server.port));
    await smtp.submit(mail('Subject: x\r\n\r\n12345\r\n'));
    expect(server.received[0]?.mailArguments).toEqual({ SIZE: '21' });
    await smtp.submit(mail('Subject: x\r\n\r\n1234\xfc\r\n'));
    expect(server.received[1]?.mailArguments).toEqual({ BODY: '8BITMIME', SIZE: '21' });
  });

  const mixed = (text: string): string =>
    [
      'Subject: mixed',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/html; charset=iso-8859-1',
      'Content-Transfer-Encoding: 8bit',
      '',
      text,
      '--b',
      'Content-Type: image/png',
      'Content-Transfer-Encoding: base64',
      '',
      'AAEC',
      '--b--',
      '',
    ].join('\r\n');

  test('lines that SMTP does not carry are encoded, every other part stays as it is', async () => {
    const server = await serve();
    const long = `<p>${'word '.repeat(400)}=\xfc</p>`;
    await submission(backend(server.port)).submit(mail(mixed(long)));
    const raw = server.received[0]?.raw ?? Buffer.alloc(0);
    expect(
      Math.max(
        ...raw
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(76);
    expect(raw.toString('latin1')).toContain('Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--');
    const parsed = await PostalMime.parse(raw);
    expect(parsed.html?.trim()).toBe(long);
    expect(parsed.attachments.map(({ content }) => Buffer.from(content as ArrayBuffer).toString('hex'))).toEqual([
      '000102',
    ]);
  });

  test('a server without 8BITMIME gets 7-bit lines, and a signed mail as it is', async () => {
    const server = await serve({ hide8BITMIME: true } as SMTPServerOptions);
    const smtp = submission(backend(server.port));
    await smtp.submit(mail(mixed('f\xfcr dich')));
    expect(server.received[0]?.mailArguments).toEqual(expect.not.objectContaining({ BODY: expect.anything() }));
    expect(server.received[0]?.raw.toString('latin1')).toContain('f=FCr dich');
    const signed = mixed('f\xfcr dich').replace(
      'multipart/mixed;',
      'multipart/signed; protocol="application/pgp-signature";',
    );
    await smtp.submit(mail(signed));
    expect(server.received[1]?.raw.toString('latin1')).toBe(signed);
  });

  test('an address in other letters is sent with SMTPUTF8', async () => {
    const server = await serve();
    await submission(backend(server.port)).submit(mail(undefined, ['jürgen@example.org']));
    expect(server.received[0]?.mailArguments).toMatchObject({ SMTPUTF8: true });
    expect(server.received[0]?.recipients).toEqual(['jürgen@example.org']);
  });

  test('reads a large mail in pieces', async () => {
    const server = await serve();
    const whole = Buffer.alloc(3_000_000, 'text of a line\r\n');
    const reads: number[] = [];
    const source = {
      ...bytesSource(whole),
      read: (from: number, to: number) => {
        reads.push(to - from);
        return whole.subarray(from, to);
      },
    };
    await submission(backend(server.port)).submit({ ...mail(), message: source });
    expect(server.received[0]?.raw.length).toBe(whole.length);
    expect(Math.max(...reads)).toBeLessThanOrEqual(262_144);
  });
});

describe('who logs in', () => {
  test.each([
    ['the sender', {}, 'anna'],
    ['nobody', { login: 'none' }, undefined],
    ['a fixed user', { login: { user: 'relay', password: 'secret' } }, 'relay'],
  ])('%s', async (_, settings, user) => {
    const server = await serve();
    await submission(backend(server.port, settings)).submit(mail());
    expect(server.received[0]?.user).toBe(user);
  });

  test('nobody where the server offers no login', async () => {
    const server = await serve({ disabledCommands: ['AUTH', 'STARTTLS'] });
    await submission(backend(server.port)).submit(mail());
    expect(server.received[0]?.user).toBeUndefined();
  });

  test('a wrong password of the sender is loginRefused, one of the configuration unavailable', async () => {
    const server = await serve();
    const wrong = { ...anna, password: 'wrong' };
    await expect(submission(backend(server.port), wrong).submit(mail())).rejects.toMatchObject({
      code: 'loginRefused',
    });
    const relay = backend(server.port, { login: { user: 'relay', password: 'wrong' } });
    await expect(submission(relay).submit(mail())).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.received).toEqual([]);
  });

  test('a new password takes no connection of the old one', async () => {
    const server = await serve();
    const smtp = backend(server.port);
    await submission(smtp).submit(mail());
    const wrong = { ...anna, password: 'wrong' };
    await expect(submission(smtp, wrong).submit(mail())).rejects.toMatchObject({ code: 'loginRefused' });
  });
});

describe('TLS', () => {
  let authority: CertificateAuthority;
  let certificate: ServerCertificate;
  beforeAll(async () => {
    authority = await makeAuthority(makeFolder('smtp-tls'));
    certificate = await authority.issue('localhost', '127.0.0.1');
  });
  const tls = (): SMTPServerOptions => ({
    key: readFileSync(certificate.keyFile),
    cert: readFileSync(certificate.certificateFile),
    disabledCommands: [],
  });

  test('STARTTLS with a private CA', async () => {
    const server = await serve(tls());
    await submission(backend(server.port, { caFile: authority.caFile })).submit(mail());
    expect(server.received[0]?.secure).toBe(true);
  });

  test('smtps with a private CA', async () => {
    const server = await serve({ ...tls(), secure: true });
    const url = `smtps://127.0.0.1:${server.port}`;
    await submission(backend(server.port, { url, caFile: authority.caFile })).submit(mail());
    expect(server.received[0]?.secure).toBe(true);
  });

  test('a certificate of an unknown CA is refused before the password is sent', async () => {
    const server = await serve({ ...tls(), secure: true });
    const url = `smtps://127.0.0.1:${server.port}`;
    await expect(submission(backend(server.port, { url })).submit(mail())).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(server.received).toEqual([]);
  });

  test('nothing is sent where STARTTLS is demanded and not offered', async () => {
    const server = await serve();
    const smtp = backend(server.port, { caFile: authority.caFile });
    await expect(submission(smtp).submit(mail())).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.received).toEqual([]);
  });
});

describe('refusals', () => {
  const refusing = (code: number, text: string): SMTPServerOptions => ({
    onRcptTo: ({ address }, _, callback) =>
      address.startsWith('bad') ? callback(Object.assign(new Error(text), { responseCode: code })) : callback(),
  });

  test('one refused recipient is told with the reason, the others get the mail', async () => {
    const server = await serve(refusing(550, '5.1.1 <bad@example.org> unknown'));
    const refused = await submission(backend(server.port)).submit(
      mail(undefined, ['ben@example.org', 'bad@example.org']),
    );
    expect(refused).toEqual([{ address: 'bad@example.org', reply: '550 5.1.1 <bad@example.org> unknown' }]);
    expect(server.received.map(({ recipients }) => recipients)).toEqual([['ben@example.org']]);
  });

  test('when all are refused nobody gets it; who was is told beside the message, which names no address', async () => {
    const server = await serve(refusing(550, '5.1.1 <bad@example.org> unknown'));
    const sent = submission(backend(server.port)).submit(mail(undefined, ['bad@example.org', 'bad2@example.org']));
    await expect(sent).rejects.toMatchObject({
      code: 'rejected',
      message: expect.not.stringContaining('bad@'),
      refused: [{ address: 'bad@example.org' }, { address: 'bad2@example.org' }],
    });
    expect(server.received).toEqual([]);
  });

  test('a domain in other letters goes in ASCII where the server knows no others', async () => {
    const server = await serve({ hideSMTPUTF8: true } as SMTPServerOptions);
    await submission(backend(server.port)).submit(mail(undefined, ['ben@bücher.example']));
    expect(server.received[0]?.mailArguments).toEqual(expect.not.objectContaining({ SMTPUTF8: true }));
    expect(asciiAddress('jürgen@bücher.example')).toBe('jürgen@xn--bcher-kva.example');
    expect(asciiAddress('ben@example.org')).toBe('ben@example.org');
  });

  test('the next mail goes out after a refused one', async () => {
    const server = await serve(refusing(550, '5.1.1 unknown'));
    const smtp = submission(backend(server.port));
    await expect(smtp.submit(mail(undefined, ['bad@example.org']))).rejects.toMatchObject({ code: 'rejected' });
    await smtp.submit(mail());
    expect(server.received).toHaveLength(1);
  });

  test('a mail that the server takes later is unavailable, also when only one recipient is put off', async () => {
    const server = await serve(refusing(451, '4.7.1 Greylisted'));
    const sent = submission(backend(server.port)).submit(mail(undefined, ['ben@example.org', 'bad@example.org']));
    await expect(sent).rejects.toMatchObject({ code: 'unavailable', retryAfter: 30 });
    expect(server.received).toEqual([]);
  });

  test('larger than the server takes is told before it is sent', async () => {
    const server = await serve({ size: 1_000 });
    const sent = submission(backend(server.port)).submit(mail('x'.repeat(2_000)));
    await expect(sent).rejects.toMatchObject({ code: 'tooLarge' });
  });

  test.each([
    ['no recipient', { recipients: [] }],
    ['a line end in a recipient', { recipients: ['a@b\r\nRCPT TO:<c@d>'] }],
    ['brackets in the sender', { from: 'a@b> SIZE=1' }],
  ])('%s is rejected without asking the server', async (_, envelope) => {
    const smtp = submission(backend(await freePort()));
    await expect(smtp.submit({ ...mail(), ...envelope })).rejects.toMatchObject({ code: 'rejected' });
  });

  test('a bounce has an empty sender', async () => {
    const server = await serve();
    await submission(backend(server.port)).submit({ ...mail(), from: '' });
    expect(server.received[0]?.from).toBe('');
  });
});

describe('when the server does not answer', () => {
  test('nobody listens', async () => {
    const smtp = submission(backend(await freePort()));
    await expect(smtp.submit(mail())).rejects.toMatchObject({ code: 'unavailable', retryAfter: 30 });
  });

  test('it falls silent', async () => {
    const sockets: Socket[] = [];
    const silentServer = createServer((socket) => {
      sockets.push(socket);
      socket.write('220 here\r\n');
    });
    const port = await freePort();
    await new Promise<void>((resolve) => void silentServer.listen(port, '127.0.0.1', resolve));
    const smtp = submission(backend(port, { timeoutSeconds: 2 }));
    await expect(smtp.submit(mail())).rejects.toMatchObject({ code: 'unavailable' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silentServer.close(resolve));
  }, 15_000);

  test('giving up ends the mail before its final dot', async () => {
    const server = await serve();
    const controller = new AbortController();
    const whole = Buffer.alloc(5_000_000, 'line\r\n');
    const source = {
      ...bytesSource(whole),
      read: (from: number, to: number) => {
        if (from > 1_000_000) controller.abort();
        return whole.subarray(from, to);
      },
    };
    const sent = submission(backend(server.port)).submit({ ...mail(), message: source }, controller.signal);
    await expect(sent).rejects.toMatchObject({ code: 'unavailable' });
    await wait(50);
    expect(server.received).toEqual([]);
  });

  test('given up before it began', async () => {
    const sent = submission(backend(await freePort())).submit(mail(), AbortSignal.abort());
    await expect(sent).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('connections', () => {
  test('are used again, at most so many an account', async () => {
    const server = await serve();
    const smtp = submission(backend(server.port, { maxConnections: 2 }));
    await Promise.all(Array.from({ length: 30 }, () => smtp.submit(mail())));
    expect(server.received).toHaveLength(30);
    expect(new Set(server.received.map(({ session }) => session)).size).toBe(2);
  });

  test('are closed once idle', async () => {
    const server = await serve();
    await submission(backend(server.port, { idleSeconds: 1 })).submit(mail());
    expect(server.connections()).toBe(1);
    for (let i = 0; i < 100 && server.connections() > 0; i++) await wait(50);
    expect(server.connections()).toBe(0);
  }, 15_000);

  test('of a forgotten account are closed at once', async () => {
    const server = await serve();
    const smtp = backend(server.port);
    await submission(smtp).submit(mail());
    await smtp.forget(anna.account);
    for (let i = 0; i < 100 && server.connections() > 0; i++) await wait(10);
    expect(server.connections()).toBe(0);
  });

  test('that the server closed meanwhile are replaced', async () => {
    const server = await serve({ socketTimeout: 200 });
    const smtp = submission(backend(server.port));
    await smtp.submit(mail());
    for (let i = 0; i < 100 && server.connections() > 0; i++) await wait(50);
    await smtp.submit(mail());
    expect(server.received).toHaveLength(2);
  }, 15_000);
});

describe('check', () => {
  test('tells of a server without TLS and of its limit', async () => {
    const server = await serve({ size: 5_000 });
    const lines = await backend(server.port).check(anna);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ what: 'SMTP', ok: true }),
        expect.objectContaining({ what: 'SMTP TLS', ok: 'missing' }),
        expect.objectContaining({ what: 'SMTP login', ok: true }),
        expect.objectContaining({ what: 'SMTP SIZE', ok: true, meaning: expect.stringContaining('5000') }),
      ]),
    );
  });

  test('tells of a login that is not offered, of a refused one and of a server that is not there', async () => {
    const without = await serve({ disabledCommands: ['AUTH', 'STARTTLS'] });
    expect(await backend(without.port).check(anna)).toContainEqual(
      expect.objectContaining({ what: 'SMTP login', ok: 'missing' }),
    );
    const server = await serve();
    expect(await backend(server.port).check({ ...anna, password: 'wrong' })).toEqual([
      expect.objectContaining({ what: 'SMTP login', ok: false }),
    ]);
    expect(await backend(await freePort()).check(undefined)).toEqual([
      expect.objectContaining({ what: 'SMTP', ok: false }),
    ]);
  });
});
