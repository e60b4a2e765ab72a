import { ContactFields } from '../../protocol/classes/contact.ts';
import { EmailFields } from '../../protocol/classes/email.ts';
import { EventFields } from '../../protocol/classes/event.ts';
import { NoteFields } from '../../protocol/classes/note.ts';
import { TaskFields } from '../../protocol/classes/task.ts';
import type { Fields, TreeNode } from '../../protocol/schema/describe.ts';
import { UnusableAnswer } from './failures.ts';

/** The tables of the classes that this phone knows, with the code page by which each is recognised. */
const Classes: Readonly<Record<string, { readonly fields: Fields; readonly namespace: string }>> = {
  Email: { fields: EmailFields, namespace: 'Email' },
  Contacts: { fields: ContactFields, namespace: 'Contacts' },
  Calendar: { fields: EventFields, namespace: 'Calendar' },
  Tasks: { fields: TaskFields, namespace: 'Tasks' },
  Notes: { fields: NoteFields, namespace: 'Notes' },
};

/** The table for an item: by its Class where the server says it, else by what stands in it. */
export const classFieldsOf = (itemClass: string | undefined, nodes: readonly TreeNode[]): Fields => {
  const known = itemClass === undefined ? recognised(nodes) : Classes[itemClass];
  if (known === undefined) throw new UnusableAnswer('Sync', `items of class ${itemClass} are unknown to this phone`);
  return known.fields;
};

/** Mail unless it is clearly something else: a mail may consist of shared elements alone. */
const recognised = (nodes: readonly TreeNode[]) => {
  const namespaces = new Set(nodes.map((node) => node.tag.name.split(':')[0]));
  return Object.values(Classes).find((each) => namespaces.has(each.namespace)) ?? Classes.Email;
};
