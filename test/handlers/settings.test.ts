import { describe, expect, test } from '@jest/globals';
import type { Submission } from '../../backends/contract/mail.ts';
import { SettingsRequest, SettingsResponse } from '../../protocol/commands/settings.ts';
import { readDocument } from '../../protocol/schema/read.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { loadPartnership } from '../../src/devices/partnership.ts';
import type { Context } from '../../src/handlers/context.ts';
import { settingsCommand } from '../../src/handlers/settings.ts';
import { Anna, answerBytes, contextOf, run } from './fixture.ts';

const command = settingsCommand();
const ask = (context: Context, body: SettingsRequest) => run(command, SettingsResponse, context, body);
const submission = {} as Submission;

describe('UserInformation', () => {
  const account = { ...Anna, aliases: ['a@example.org'], displayName: 'Anna Smith' };
  const body: SettingsRequest = { userInformation: { get: true } };

  test.each(['12.1', '14.0'] as const)('in %s: full addresses under Get (MS-ASCMD_R3962)', async (version) => {
    expect(await ask(contextOf({ version, account, backend: { submission } }), body)).toEqual({
      status: 1,
      userInformation: {
        status: 1,
        get: { emailAddresses: { smtpAddresses: ['anna.smith@example.org', 'a@example.org'] } },
      },
    });
  });

  test.each(['14.1', '16.0', '16.1'] as const)(
    'in %s: an account with its primary address (MS-ASCMD_R3679)',
    async (version) => {
      const { userInformation } = await ask(contextOf({ version, account, backend: { submission } }), body);
      expect(userInformation?.get?.accounts).toEqual([
        {
          userDisplayName: 'Anna Smith',
          emailAddresses: {
            smtpAddresses: ['anna.smith@example.org', 'a@example.org'],
            primarySmtpAddress: 'anna.smith@example.org',
          },
        },
      ]);
    },
  );

  test('an account that cannot send says so (MS-ASCMD_R5904)', async () => {
    const { userInformation } = await ask(contextOf({ account }), body);
    expect(userInformation?.get?.accounts?.[0]?.sendDisabled).toBe(true);
  });
});

describe('DeviceInformation', () => {
  test('is stored in the partnership; a second one replaces it', async () => {
    const context = contextOf({ version: '14.0' });
    const sets = [
      { model: 'A', imei: '1' },
      { model: 'B', friendlyName: 'Phone', enableOutboundSms: false },
    ];
    for (const set of sets) {
      expect(await ask(context, { deviceInformation: { set } })).toEqual({
        status: 1,
        deviceInformation: { status: 1 },
      });
    }
    const partnership = await loadPartnership(context.state, context.account.name, 'PHONE1');
    expect(partnership?.information).toEqual(sets[1]);
  });
});

describe('Oof', () => {
  test('Get: off, with all three audiences (MS-ASCMD_R3505)', async () => {
    const { oof } = await ask(contextOf(), { oof: { get: { bodyType: 'Text' } } });
    expect(oof).toEqual({
      status: 1,
      get: {
        oofState: 0,
        oofMessages: [
          { appliesToInternal: true, enabled: false },
          { appliesToExternalKnown: true, enabled: false },
          { appliesToExternalUnknown: true, enabled: false },
        ],
      },
    });
  });

  const [start, end] = [new Date('2026-12-24T00:00:00Z'), new Date('2026-12-27T00:00:00Z')];
  const Sets: [what: string, oof: SettingsRequest['oof'], status: number][] = [
    ['Set', { set: { oofState: 1, oofMessages: [] } }, 3],
    ['Set with times', { set: { oofState: 2, startTime: start, endTime: end, oofMessages: [] } }, 3],
    ['StartTime alone (MS-ASCMD_R3992)', { set: { oofState: 2, startTime: start, oofMessages: [] } }, 2],
    ['EndTime alone (MS-ASCMD_R5827)', { set: { oofState: 2, endTime: end, oofMessages: [] } }, 2],
    ['neither Get nor Set', {}, 2],
    ['both', { get: {}, set: { oofMessages: [] } }, 2],
  ];
  test.each(Sets)('%s', async (_what, oof, status) => {
    expect(await ask(contextOf(), { oof })).toEqual({ status: 1, oof: { status } });
  });
});

describe('DevicePassword', () => {
  test.each([
    ['a password', 'x'.repeat(255), 7],
    ['one that is too long (MS-ASCMD_R4400)', 'x'.repeat(256), 5],
    ['none', undefined, 7],
  ])('%s', async (_what, password, status) => {
    const answer = await ask(contextOf(), { devicePassword: { set: { password } } });
    expect(answer).toEqual({ status: 1, devicePassword: { status } });
  });
});

test('RightsManagementInformation: disabled, no templates (MS-ASRM_R196)', async () => {
  expect(await ask(contextOf(), { rightsManagementInformation: { get: true } })).toEqual({
    status: 1,
    rightsManagementInformation: { status: 168, get: { rightsManagementTemplates: [] } },
  });
});

describe('several properties', () => {
  test('are answered in the order of the request (MS-ASCMD_R480), Status first (MS-ASCMD_R486)', async () => {
    // Settings{UserInformation{Get} Oof{Get{BodyType=Text}} DeviceInformation{Set{Model=X}}} on page 18.
    const hex = '03016a0000124 55d 07 01 49 47 53 03 54657874 00 01 01 01 56 48 57 03 58 00 01 01 01 01'.replaceAll(
      ' ',
      '',
    );
    const request = readDocument(SettingsRequest, bytesSource(Buffer.from(hex, 'hex')));
    const bytes = Buffer.from(await answerBytes(command, contextOf(), request)).toString('hex');
    expect(bytes.startsWith('03016a00001245460331000 1'.replaceAll(' ', ''))).toBe(true);
    const places = ['5d46033100', '4946033100', '5646033100'].map((property) => bytes.indexOf(property));
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBeGreaterThan(places[0] ?? 0);
    expect(places[2]).toBeGreaterThan(places[1] ?? 0);
  });

  test('none at all is a protocol error (MS-ASCMD_R483)', async () => {
    expect(await ask(contextOf(), {})).toEqual({ status: 2 });
  });

  test('only UserInformation and DeviceInformation need no policy key', () => {
    const needs = (body: SettingsRequest) =>
      command.needsPolicyKey({
        body,
        mime: undefined,
        parameters: { saveInSent: false, acceptMultiPart: false },
        policyKey: 0,
      });
    expect(needs({ userInformation: { get: true } })).toBe(false);
    expect(needs({ userInformation: { get: true }, deviceInformation: { set: {} } })).toBe(false);
    expect(needs({ userInformation: { get: true }, oof: { get: {} } })).toBe(true);
    expect(needs({ devicePassword: { set: {} } })).toBe(true);
  });
});
