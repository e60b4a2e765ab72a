import type { Migration } from '../../sqlite/migrate.ts';
import type { ItemClass } from '../contract/folders.ts';

/** The default folder of a class for every account that is there. */
const defaultFolders = (itemClass: ItemClass): string => `
  INSERT INTO folders (account, name, role, item_class, epoch)
    SELECT id, '${itemClass}', 'default', '${itemClass}', CAST(strftime('%s', 'now') AS INTEGER) FROM accounts;
`;

/**
 * The steps of the store's schema, oldest first.
 *
 * Each folder counts its changes: `modseq` is the last one, and every message and removal carries
 * the one that touched it last, so that "what happened since" is one look-up in an index. An item is
 * `<epoch>.<uid>`; neither is used twice in a folder.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    up: `
      CREATE TABLE accounts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        display_name TEXT,
        password TEXT NOT NULL
      );
      CREATE TABLE folders (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        parent INTEGER REFERENCES folders (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        next_uid INTEGER NOT NULL DEFAULT 1,
        modseq INTEGER NOT NULL DEFAULT 0,
        forgotten INTEGER NOT NULL DEFAULT 0
      );
      CREATE UNIQUE INDEX folders_by_name ON folders (account, coalesce(parent, 0), name);
      CREATE UNIQUE INDEX folders_by_role ON folders (account, role) WHERE role <> 'user';
      CREATE INDEX folders_by_parent ON folders (parent);
      CREATE TABLE contents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        size INTEGER NOT NULL,
        structure TEXT NOT NULL,
        complete INTEGER NOT NULL
      );
      CREATE INDEX contents_cut_off ON contents (id) WHERE complete = 0;
      CREATE TABLE chunks (
        content INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (content, number)
      );
      CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        folder INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
        uid INTEGER NOT NULL,
        modseq INTEGER NOT NULL,
        received INTEGER NOT NULL,
        content INTEGER NOT NULL UNIQUE REFERENCES contents (id),
        revision TEXT NOT NULL,
        seen INTEGER NOT NULL,
        answered INTEGER NOT NULL,
        forwarded INTEGER NOT NULL,
        flagged INTEGER NOT NULL,
        draft INTEGER NOT NULL,
        categories TEXT NOT NULL,
        follow_up TEXT,
        last_verb_at INTEGER,
        UNIQUE (folder, uid)
      );
      CREATE INDEX messages_by_change ON messages (folder, modseq, uid, revision, received);
      CREATE INDEX messages_by_date ON messages (folder, received, uid);
      CREATE TRIGGER contents_go_with_messages AFTER DELETE ON messages BEGIN
        DELETE FROM contents WHERE id = old.content;
      END;
      CREATE TABLE removals (
        folder INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
        modseq INTEGER NOT NULL,
        uid INTEGER NOT NULL,
        PRIMARY KEY (folder, modseq, uid)
      );
      CREATE TABLE appends (
        folder INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        uid INTEGER NOT NULL,
        revision TEXT NOT NULL,
        made INTEGER NOT NULL,
        PRIMARY KEY (folder, name)
      );
      CREATE INDEX appends_by_age ON appends (made);
    `,
    down: `
      DROP TABLE appends;
      DROP TABLE removals;
      DROP TABLE messages;
      DROP TABLE chunks;
      DROP TABLE contents;
      DROP TABLE folders;
      DROP TABLE accounts;
    `,
  },
  {
    version: 2,
    // What a search looks through, made when the first search comes to a message (search-text.ts).
    up: `
      CREATE TABLE search_texts (
        content INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
        form INTEGER NOT NULL,
        text TEXT NOT NULL,
        attachments INTEGER NOT NULL,
        conversation TEXT NOT NULL
      );
    `,
    down: 'DROP TABLE search_texts;',
  },
  {
    version: 3,
    // Contacts, events, tasks and notes. A mail folder and one of another class may have the same name, so that
    // an account in which somebody made a mail folder "Notes" gets its folder of notes all the same.
    up: `
      ALTER TABLE folders ADD COLUMN item_class TEXT NOT NULL DEFAULT 'Email';
      DROP INDEX folders_by_name;
      DROP INDEX folders_by_role;
      CREATE UNIQUE INDEX folders_by_name ON folders (account, coalesce(parent, 0), name, item_class);
      CREATE UNIQUE INDEX folders_by_role ON folders (account, role, item_class) WHERE role <> 'user';
      CREATE TABLE objects (
        id INTEGER PRIMARY KEY,
        folder INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
        uid INTEGER NOT NULL,
        modseq INTEGER NOT NULL,
        revision TEXT NOT NULL,
        name TEXT NOT NULL,
        ends REAL,
        text TEXT NOT NULL,
        UNIQUE (folder, uid),
        UNIQUE (folder, name)
      );
      CREATE INDEX objects_by_change ON objects (folder, modseq, uid, revision);
      ${defaultFolders('Contacts')}
      ${defaultFolders('Calendar')}
      ${defaultFolders('Tasks')}
      ${defaultFolders('Notes')}
    `,
    down: `
      DROP TABLE objects;
      DELETE FROM folders WHERE item_class <> 'Email';
      DROP INDEX folders_by_name;
      DROP INDEX folders_by_role;
      ALTER TABLE folders DROP COLUMN item_class;
      CREATE UNIQUE INDEX folders_by_name ON folders (account, coalesce(parent, 0), name);
      CREATE UNIQUE INDEX folders_by_role ON folders (account, role) WHERE role <> 'user';
    `,
  },
];
