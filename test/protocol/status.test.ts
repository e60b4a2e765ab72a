import { describe, expect, test } from '@jest/globals';
import * as statuses from '../../protocol/status.ts';

const { GlobalStatus, legacyHttp } = statuses;

const tables = Object.entries(statuses).filter(([, table]) => typeof table === 'object') as [
  string,
  Readonly<Record<string, number>>,
][];

describe('status tables', () => {
  test.each(tables)('%s has each value once', (_, table) => {
    const values = Object.values(table);
    expect(new Set(values).size).toBe(values.length);
  });

  // [MS-ASCMD] 2.2.3.177, [MS-ASPROV] 2.2.2.54.
  test.each([
    ['SyncStatus', [1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16]],
    ['FolderSyncStatus', [1, 6, 9, 10, 11, 12]],
    ['FolderCreateStatus', [1, 2, 3, 5, 6, 9, 10, 11, 12]],
    ['FolderUpdateStatus', [1, 2, 3, 4, 5, 6, 9, 10, 11]],
    ['FolderDeleteStatus', [1, 3, 4, 6, 9, 10, 11]],
    ['GetItemEstimateStatus', [1, 2, 3, 4]],
    ['ItemOperationsStatus', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 155, 156]],
    ['MeetingResponseStatus', [1, 2, 3, 4]],
    ['MoveItemsStatus', [1, 2, 3, 4, 5, 7]],
    ['PingStatus', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['ProvisionStatus', [1, 2, 3]],
    ['PolicyStatus', [1, 2, 3, 4, 5]],
    ['PolicyAcknowledgement', [1, 2, 3, 4]],
    ['WipeStatus', [1, 2]],
    ['SettingsStatus', [1, 2, 3, 4, 5, 6, 7]],
    ['SearchStatus', [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14]],
    ['FindStatus', [1, 2, 3, 4]],
    ['ResolveRecipientsStatus', [1, 5, 6]],
    ['RecipientStatus', [1, 2, 3, 4]],
    ['CertificatesStatus', [1, 7, 8]],
    ['ValidateCertStatus', Array.from({ length: 17 }, (_, index) => index + 1)],
    ['BodyPartStatus', [1, 176]],
  ])('%s has the values of the document', (name, values) => {
    const table = tables.find(([one]) => one === name)?.[1] ?? {};
    expect(Object.values(table).sort((a, b) => a - b)).toEqual(values);
  });

  test('success of MoveItems is 3', () => {
    expect(statuses.MoveItemsStatus.success).toBe(3);
    expect(statuses.MoveItemsStatus.invalidSource).toBe(1);
  });

  test('the global ones are 101-156, 160-179, 183 and 184', () => {
    const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
    expect(Object.values(GlobalStatus)).toEqual([...range(101, 156), ...range(160, 179), 183, 184]);
    expect(GlobalStatus).toMatchObject({
      invalidXml: 103,
      serverErrorRetryLater: 111,
      mailboxQuotaExceeded: 113,
      messagePreviouslySent: 118,
      deviceNotProvisioned: 142,
      invalidPolicyKey: 144,
      deviceInformationRequired: 165,
      noPicture: 173,
      invalidMimeBodyCombination: 178,
      invalidRecipients: 183,
    });
  });
});

describe('HTTP codes of versions that have no global Status', () => {
  // MS-ASCMD_R7545 to MS-ASCMD_R7566.
  test.each([
    [101, 400],
    [103, 400],
    [106, 400],
    [110, 500],
    [111, 503],
    [112, 403],
    [113, 507],
    [125, 403],
    [126, 403],
    [132, 403],
    [137, 501],
    [138, 400],
    [140, 449],
    [141, 449],
    [142, 449],
    [143, 449],
    [144, 449],
  ])('%d is %d', (status, http) => {
    expect(legacyHttp(status)).toBe(http);
  });

  test('two commands have codes of their own', () => {
    expect([legacyHttp(106, 'SendMail'), legacyHttp(106, 'Sync')]).toEqual([500, 400]);
    expect([legacyHttp(132, 'Provision'), legacyHttp(132, 'Sync')]).toEqual([500, 403]);
    expect(legacyHttp(113, 'SendMail')).toBe(507);
  });

  test('the rest are errors, too', () => {
    for (const status of Object.values(GlobalStatus)) expect(legacyHttp(status)).toBeGreaterThanOrEqual(400);
    expect(legacyHttp(184)).toBe(500);
  });
});
