import { expect, test } from '@jest/globals';
import type { ListedFolder } from '../../../backends/imap/folder-listing.ts';
import { FolderPaths } from '../../../backends/imap/folder-paths.ts';

const folder = (wireName: string, id: string): ListedFolder => ({
  id,
  name: wireName,
  role: 'user',
  itemClass: 'Email',
  selectable: true,
  wireName,
  delimiter: '/',
  uidValidity: undefined,
  subscribed: true,
});

test('paths are those that the server says, decoded, and each account has its own', () => {
  const paths = new FolderPaths();
  paths.learn('anna', [folder('INBOX', 'INBOX'), folder('Entw&APw-rfe/Alt', 'o-1')]);
  paths.learn('ben', [folder('INBOX', 'INBOX')]);
  expect(paths.find('anna', 'Entwürfe/Alt')).toBe('o-1');
  expect(paths.find('anna', 'Inbox')).toBe('INBOX');
  expect(paths.find('ben', 'Entwürfe/Alt')).toBeUndefined();
  expect(paths.find('carl', 'INBOX')).toBeUndefined();
});

test('a new listing takes the place of the last one', () => {
  const paths = new FolderPaths();
  paths.learn('anna', [folder('Old', 'o-1')]);
  paths.learn('anna', [folder('New', 'o-1')]);
  expect(paths.find('anna', 'Old')).toBeUndefined();
  expect(paths.find('anna', 'New')).toBe('o-1');
});
