import type { ItemClass } from '../../backends/contract/folders.ts';
import { ContactFields } from '../../protocol/classes/contact.ts';
import { EventFields } from '../../protocol/classes/event.ts';
import { NoteFields } from '../../protocol/classes/note.ts';
import { TaskFields } from '../../protocol/classes/task.ts';
import type { EncodedElement, Fields, TreeNode } from '../../protocol/schema/describe.ts';
import { planOf } from '../../protocol/schema/plan.ts';
import { type Ability, can, type ProtocolVersion } from '../../protocol/versions.ts';

/** Classes whose items devices change as a whole. */
export type GroupwareClass = Exclude<ItemClass, 'Email'>;

/**
 * What it means that a device leaves an element out of a Change ([MS-ASCMD] 2.2.3.24, 2.2.3.179). The rule is that the
 * element is taken away (MS-ASCMD_R879), unless the device does not manage it, as its Supported said
 * (MS-ASCMD_R5911); here is what is otherwise.
 */
interface AbsentRules {
  readonly fields: Fields;
  /** Versions with this ability change nothing that a device leaves out (MS-ASCMD_R7309). */
  readonly unchangedWith?: Ability;
  /** Never taken away by being left out. */
  readonly kept: readonly string[];
  /** Taken away when it is left out, whatever Supported says. */
  readonly neverGhosted: readonly string[];
  /** Says nothing when it is empty, as clients send it so that do not manage it. */
  readonly emptyIsNothing: readonly string[];
}

/** One row a class. */
export const AbsentElements: Readonly<Record<GroupwareClass, AbsentRules>> = {
  Contacts: {
    fields: ContactFields,
    // Body and Picture: MS-ASCMD_R878. Alias and WeightedRank are the server's.
    kept: ['body', 'picture', 'alias', 'weightedRank'],
    neverGhosted: [],
    // iOS sends an empty Picture with every contact whose picture it did not change.
    emptyIsNothing: ['picture'],
  },
  Calendar: {
    fields: EventFields,
    unchangedWith: 'calendarGhostedByDefault',
    kept: [
      // MS-ASCMD_R878, and MS-ASCMD_R876 (MS-ASCAL_R541).
      ...['body', 'exceptions'],
      // What an event always has, and what the server makes out of it.
      ...['timezone', 'dtStamp', 'startTime', 'endTime', 'uid', 'clientUid', 'organizerName', 'organizerEmail'],
      ...['meetingStatus', 'responseType', 'appointmentReplyTime', 'nativeBodyType'],
    ],
    // [MS-ASCAL] 2.2.2.27.
    neverGhosted: ['locationText'],
    emptyIsNothing: [],
  },
  Tasks: {
    fields: TaskFields,
    // MS-ASCMD_R878, MS-ASTASK_R369 and MS-ASTASK_R370; every task is done or not.
    kept: ['body', 'importance', 'reminderSet', 'complete'],
    neverGhosted: [],
    emptyIsNothing: [],
  },
  Notes: {
    fields: NoteFields,
    // MS-ASNOTE_R113 and MS-ASNOTE_R10003; the rest is the server's.
    kept: ['body', 'subject', 'messageClass', 'lastModifiedDate'],
    neverGhosted: [],
    emptyIsNothing: [],
  },
};

/** Elements that a Change takes away by leaving them out. */
export const clearedBy = (
  itemClass: GroupwareClass,
  version: ProtocolVersion,
  supported: readonly string[] | undefined,
  sent: Readonly<Record<string, unknown>>,
): readonly string[] => {
  const { fields, unchangedWith, kept, neverGhosted } = AbsentElements[itemClass];
  if (unchangedWith !== undefined && can(version, unchangedWith)) return [];
  const isGhosted = (key: string): boolean =>
    supported !== undefined && !supported.includes(key) && !neverGhosted.includes(key);
  return planOf(fields)
    .sendable(version)
    .map(({ key }) => key)
    .filter((key) => sent[key] === undefined && !kept.includes(key) && !isGhosted(key));
};

/** The values that a device sent, without those that say nothing. */
export const meantBy = (
  itemClass: GroupwareClass,
  sent: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  const { emptyIsNothing } = AbsentElements[itemClass];
  const means = ([key, value]: [string, unknown]): boolean =>
    value !== undefined && !(value === null && emptyIsNothing.includes(key));
  return Object.fromEntries(Object.entries(sent).filter(means));
};

/** The names of what a Supported lists; `undefined`: the device sent none (MS-ASCMD_R5906). */
export const supportedNames = (
  itemClass: ItemClass,
  supported: readonly TreeNode[] | EncodedElement | undefined,
): readonly string[] | undefined => {
  if (itemClass === 'Email' || supported === undefined || !('length' in supported)) return undefined;
  const tags = new Set(supported.map(({ tag }) => tag));
  const { entries } = planOf(AbsentElements[itemClass].fields);
  return entries.filter(({ element }) => tags.has(element.tag)).map(({ key }) => key);
};
