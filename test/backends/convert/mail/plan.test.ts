import { describe, expect, test } from '@jest/globals';
import { planMail } from '../../../../backends/convert/mail/email.ts';
import { parseStructure } from '../../../../backends/convert/mail/structure.ts';
import { emailOf, fetched, leaf, message, multipart, request } from './support.ts';

describe('the plan', () => {
  const big = multipart(
    '',
    'mixed',
    multipart(
      '1',
      'alternative',
      leaf('1.1', 'text/plain', { size: 4_000 }),
      leaf('1.2', 'text/html', { size: 500_000, encoding: 'quoted-printable' }),
    ),
    leaf('2', 'application/pdf', { size: 50_000_000, encoding: 'base64', disposition: 'attachment' }),
  );

  test('touches no attachment, whatever is asked for', () => {
    for (const type of [1, 2] as const) {
      const plan = planMail(big, { ...request({ type, truncationSize: 32_768, preview: 255 }), mimeSupport: 1 });
      expect(plan.mime).toBeUndefined();
      expect(plan.sections).toHaveLength(1);
      expect(plan.sections[0]?.part).toBe(type === 1 ? '1.1' : '1.2');
    }
  });

  test('asks for the bytes that a cut body needs, and small sections whole', () => {
    expect(planMail(big, request({ type: 2, truncationSize: 1_000 })).sections).toEqual([
      { part: '1.2', maxBytes: expect.any(Number) },
    ]);
    expect(planMail(big, request({ type: 2, truncationSize: 1_000 })).sections[0]?.maxBytes).toBeLessThan(4_000);
    expect(planMail(big, request({ type: 1, truncationSize: 10 })).sections).toEqual([{ part: '1.1' }]);
  });

  test('of MIME no more than the device takes', () => {
    const mime = { ...request({ type: 4, truncationSize: 1_000 }), mimeSupport: 2 } as const;
    expect(planMail(big, mime, 60_000_000)).toEqual({ sections: [], mime: { maxBytes: 1_000 } });
    expect(planMail(big, mime, 900).mime).toEqual({});
    expect(planMail(big, { ...request({ type: 4 }), mimeSupport: 2 }).mime).toEqual({});
  });

  test('nothing for flags, and nothing for a device that wants no body', () => {
    expect(planMail(big, { ...request({ type: 1 }), flagsOnly: true })).toEqual({ sections: [] });
    expect(planMail(big, request())).toEqual({ sections: [], mime: undefined });
  });

  test('a cut body of a mail with a large attachment reads a few kB of it', () => {
    const raw = message(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>word</p>'.repeat(10_000),
      '--x',
      'Content-Type: application/pdf; name=a.pdf',
      'Content-Transfer-Encoding: base64',
      '',
      'QUJD'.repeat(1_000_000),
      '--x--',
    );
    const asked = request({ type: 2, truncationSize: 500 });
    expect(fetched(raw, parseStructure(raw).structure, asked).bytes).toBeLessThan(2_000);
    const email = emailOf(raw, asked);
    expect(email.body).toMatchObject({ truncated: true, estimatedDataSize: 110_000 });
    expect(email.attachments?.[0]).toMatchObject({ displayName: 'a.pdf' });
  });
});
