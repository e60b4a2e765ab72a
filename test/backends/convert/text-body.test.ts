import { describe, expect, test } from '@jest/globals';
import { editedText, textBody } from '../../../backends/convert/text-body.ts';

describe('the body of a text', () => {
  test('is plain and whole for a device that asks for nothing', () => {
    expect(textBody({ plain: 'a\nb' }, [])).toEqual({ type: 1, estimatedDataSize: 4, data: 'a\r\nb' });
    expect(textBody({ plain: '' }, [{ type: 1 }])).toBeUndefined();
  });

  test('is cut at a character, and says how long it was (MS-ASAIRS_R376, MS-ASAIRS_R378)', () => {
    const body = textBody({ plain: 'äöü' }, [{ type: 1, truncationSize: 3 }]);
    expect(body).toEqual({ type: 1, estimatedDataSize: 6, truncated: true, data: 'ä' });
    expect(textBody({ plain: 'äöü' }, [{ type: 1, truncationSize: 3, allOrNone: true }])).not.toHaveProperty(
      'data',
      'ä',
    );
    expect(textBody({ plain: 'x' }, [{ type: 1, truncationSize: 0 }])?.data).toBeUndefined();
  });

  test('is the form that there is, where the device takes it', () => {
    const both = [{ type: 1 as const }, { type: 2 as const }];
    expect(textBody({ plain: 'a', html: '<b>a</b>' }, both)).toMatchObject({ type: 2, data: '<b>a</b>' });
    expect(textBody({ plain: 'a', html: '<b>a</b>' }, [{ type: 1 }])).toMatchObject({ type: 1, data: 'a' });
    expect(textBody({ plain: 'a' }, both)).toMatchObject({ type: 1, data: 'a' });
    expect(textBody({ plain: 'a<b' }, [{ type: 2 }])?.data).toContain('a&lt;b');
    expect(textBody({ plain: 'a' }, [{ type: 4 }])).toMatchObject({ type: 1, data: 'a' });
  });

  test('has a preview on one line', () => {
    expect(textBody({ plain: 'a\n b c' }, [{ type: 1, truncationSize: 1, preview: 3 }])?.preview).toBe('a b');
  });
});

describe('a body that a device sends', () => {
  const long = { plain: 'first line\nsecond line' };

  test('as it was given changes nothing, also when it was cut', () => {
    expect(editedText(long, { type: 1, data: 'first line\r\nsecond line' }, [])).toBeUndefined();
    expect(editedText(long, { type: 1, data: 'first line\nsecond line' }, [])).toBeUndefined();
    expect(editedText(long, { type: 1, data: 'first' }, [{ type: 1, truncationSize: 5 }])).toBeUndefined();
    expect(editedText({ plain: '' }, { type: 1, data: '' }, [])).toBeUndefined();
    const html = textBody(long, [{ type: 2 }]);
    expect(editedText(long, { type: 2, data: html?.data }, [{ type: 2 }])).toBeUndefined();
  });

  test('that differs is the new text, with LF', () => {
    expect(editedText(long, { type: 1, data: 'x\r\ny' }, [])).toEqual({ plain: 'x\ny' });
    expect(editedText(long, { type: 1, data: 'first' }, [])).toEqual({ plain: 'first' });
    expect(editedText(long, { type: 1, data: '' }, [])).toEqual({ plain: '' });
  });

  test('of HTML has its text beside it', () => {
    expect(editedText(long, { type: 2, data: '<p>x</p><p>y</p>' }, [])).toMatchObject({
      html: '<p>x</p><p>y</p>',
      plain: expect.stringMatching(/^x\n+y$/),
    });
    expect(editedText(long, { type: 2, data: '<div></div>' }, [])).toEqual({ plain: '', html: undefined });
  });
});
