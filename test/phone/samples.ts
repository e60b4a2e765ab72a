import { Email } from '../../protocol/code-pages/index.ts';
import type { Tag } from '../../protocol/code-pages/tag.ts';
import type { ServerCommand, SyncResponseCollection, SyncResponseItem } from '../../protocol/commands/sync.ts';
import type { TreeNode } from '../../protocol/schema/describe.ts';

/** An element of text. */
export const element = (tag: Tag, text: string): TreeNode => ({ tag, children: [], text });

/** A mail's elements. */
export const mail = (subject: string, read = '0'): readonly TreeNode[] => [
  element(Email.Subject, subject),
  element(Email.Read, read),
];

export const add = (serverId: string, subject: string): ServerCommand => ({
  kind: 'add',
  serverId,
  applicationData: mail(subject),
});

export const change = (serverId: string, ...fields: TreeNode[]): ServerCommand => ({
  kind: 'change',
  serverId,
  applicationData: fields,
});

export const remove = (serverId: string): ServerCommand => ({ kind: 'delete', serverId });
export const softDelete = (serverId: string): ServerCommand => ({ kind: 'softDelete', serverId });

/** A collection's answer of Status 1. */
export const answer = (
  syncKey: string,
  commands: readonly ServerCommand[] = [],
  responses: readonly SyncResponseItem[] = [],
): SyncResponseCollection => ({ syncKey, collectionId: 'inbox', status: 1, commands, responses });
