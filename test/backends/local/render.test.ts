import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { MailStore } from '../../../backends/contract/mail.ts';
import { collect } from '../../../backends/contract/test-kit/harness.ts';
import { openLocal } from '../../../backends/local/backend.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { openDatabase } from '../../../sqlite/database.ts';
import { localContext, localSettings, loginOf } from './harness.ts';

const Raw = Buffer.from('From: Carl <carl@example.test>\r\nSubject: Odd\r\n\r\nThe text\r\n');

test('a mail that cannot be converted comes as its header, a notice and the message attached', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-render-'));
  const local = openLocal(localSettings({ file: 'mail.db' }), localContext(folder));
  try {
    await local.accounts.create('anna@postrider.test', 'secret', 'Anna');
    const { mail, folders } = local.account(loginOf('anna@postrider.test'));
    const inbox = (await folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
    const store = mail as MailStore;
    const { id } = await store.append(inbox, bytesSource(Raw), {}, 'odd');
    // Stands for a defect of ours: what was noted of its parts is not what it should be.
    const database = openDatabase(join(folder, 'mail.db'));
    database.exec(`UPDATE contents SET structure = json_set(structure, '$.parameters', null)`);
    database.close();
    const [result] = await collectResults(store, inbox, id);
    expect(result).toMatchObject({
      outcome: 'item',
      item: {
        subject: 'Odd',
        from: '"Carl" <carl@example.test>',
        attachments: [{ displayName: 'Odd.eml', method: 5 }],
      },
    });
    const item = result?.outcome === 'item' ? result.item : undefined;
    expect(item?.body?.data).toContain('could not read this message');
    const [attached] = item?.attachments ?? [];
    const part = attached?.kind === 'attachment' ? attached.fileReference : '';
    expect(Buffer.from(await collect((await store.attachment(inbox, id, part)).open())).equals(Raw)).toBe(true);
  } finally {
    await local.close();
    rmSync(folder, { recursive: true });
  }
});

const collectResults = async (store: MailStore, folder: string, id: string) => {
  const results = [];
  for await (const result of store.read(folder, [id], { preferences: [{ type: 1 }], mimeSupport: 0 }))
    results.push(result);
  return results;
};
