import type { MailQuery } from '../../backends/contract/search.ts';
import { Search } from '../../protocol/code-pages/index.ts';
import { type MailboxQuery, MailboxQueryFields } from '../../protocol/commands/search.ts';
import type { TreeNode } from '../../protocol/schema/describe.ts';
import { SchemaError } from '../../protocol/schema/errors.ts';
import { readTree } from '../../protocol/schema/read.ts';
import { sourceOf } from '../../protocol/schema/values.ts';
import { SearchStatus } from '../../protocol/status.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { readAll } from '../../protocol/wbxml/bytes.ts';
import { parseFreeText } from './free-text.ts';

/** What a device wants to find in the mailbox. */
export interface MailboxSearch {
  readonly query: MailQuery;
  readonly collectionIds: readonly string[];
  /** Whether mail is among the classes that it looks for. */
  readonly wantsMail: boolean;
}

/** Classes that may be looked for ([MS-ASCMD] 2.2.3.27.5). */
const Classes: ReadonlySet<string> = new Set(['Email', 'Calendar', 'Contacts', 'Tasks']);

/** Those that came with 14.0. */
const NewerClasses: ReadonlySet<string> = new Set(['SMS', 'Notes']);

/** Bytes of a ConversationId ([MS-ASCON] 2.2.2.3): 16; a longer one is somebody else's. */
const MaxConversationId = 64;

/**
 * Reads the Query of a search in the mailbox ([MS-ASCMD] 2.2.3.142.2), or gives the Status that it deserves.
 * Everything stands in one And: whatever is beside it, and an Or, is too complex (MS-ASCMD_R772, R923, R3105).
 */
export const readMailboxQuery = (nodes: readonly TreeNode[], version: ProtocolVersion): MailboxSearch | number => {
  if (nodes.length === 0) return SearchStatus.invalidRequest;
  if (nodes.length > 1 || nodes[0]?.tag !== Search.And) return SearchStatus.tooComplex;
  try {
    const { and } = readTree(MailboxQueryFields, nodes, { version });
    return and === undefined ? SearchStatus.invalidRequest : searchOf(and, version);
  } catch (error) {
    if (error instanceof SchemaError) return SearchStatus.invalidRequest;
    throw error;
  }
};

const searchOf = (and: NonNullable<MailboxQuery['and']>, version: ProtocolVersion): MailboxSearch | number => {
  const { freeText, greaterThan, lessThan } = and;
  const conversationId = and.conversationId && readAll(sourceOf(and.conversationId));
  const isEmpty = [freeText, conversationId, greaterThan, lessThan].every((condition) => condition === undefined);
  const hasClasses = and.class.every(
    (name) => Classes.has(name) || (NewerClasses.has(name) && can(version, 'searchSmsAndNotes')),
  );
  const { length } = conversationId ?? { length: 1 };
  if (isEmpty || !hasClasses || length === 0 || length > MaxConversationId) return SearchStatus.invalidRequest;
  return {
    collectionIds: and.collectionId,
    wantsMail: and.class.length === 0 || and.class.includes('Email'),
    query: {
      terms: parseFreeText(freeText ?? ''),
      since: greaterThan && new Date((Math.floor(greaterThan.value.getTime() / 1_000) + 1) * 1_000),
      before: lessThan?.value,
      conversation: conversationId,
    },
  };
};
