import { describe, expect, test } from '@jest/globals';
import { EasProvisionDoc } from '../../protocol/commands/provision.ts';
import { createPolicy, DefaultPolicy, isKey, newPolicyKey } from '../../src/devices/policy.ts';

describe('the policy', () => {
  test('has a default for every setting of the document but the lists of programs', () => {
    const { content } = EasProvisionDoc;
    const known = content.kind === 'container' ? Object.keys(content.fields) : [];
    const lists = ['unapprovedInRomApplicationList', 'approvedApplicationList'];
    expect(Object.keys(DefaultPolicy)).toEqual(known.filter((name) => !lists.includes(name)));
  });

  test('demands nothing and forbids nothing unless told', () => {
    const entries = Object.entries(DefaultPolicy);
    const demands = entries.filter(([name]) => /^require|Required$|PasswordEnabled$/.test(name));
    const permits = entries.filter(([name, value]) => /^allow/.test(name) && typeof value === 'boolean');
    expect(new Set(demands.map(([, value]) => Number(value)))).toEqual(new Set([0]));
    expect(new Set(permits.map(([, value]) => value))).toEqual(new Set([true]));
    expect(permits.length).toBeGreaterThan(10);
  });

  test('has a digest that follows its content, not the order of the settings', () => {
    const digest = (policy: object) => createPolicy({ provisioning: 'required', policy }).digest;
    expect(digest({ allowCamera: false, allowWiFi: false })).toBe(digest({ allowWiFi: false, allowCamera: false }));
    expect(digest({ allowCamera: false })).not.toBe(digest({}));
    expect(digest({ allowCamera: true })).toBe(digest({}));
  });
});

describe('policy keys', () => {
  test('are 32 bits and never 0 (MS-ASPROV_R606)', () => {
    const bytes = [0, 0xffff_ffff];
    const random = () => {
      const key = new Uint8Array(4);
      new DataView(key.buffer).setUint32(0, bytes.shift() ?? 1, true);
      return key;
    };
    expect(newPolicyKey(random)).toBe(0xffff_ffff);
    expect(bytes).toEqual([]);
  });

  test.each([
    [7, 7, true],
    [0xffff_ffff, 0xffff_ffff, true],
    [7, 8, false],
    [7, 7 + 2 ** 32, false],
    [0xffff_ffff, -1, false],
    [7, Number.NaN, false],
    [7, 7.5, false],
  ])('issued %d, sent %d: %s', (key, sent, same) => {
    expect(isKey({ key }, sent)).toBe(same);
  });

  test('no key issued fits none', () => {
    expect(isKey(undefined, 0)).toBe(false);
  });
});
