/**
 * What no correct server does to a phone. A phone shrugs most of these off, the user then sees a
 * mail twice or never; the simulated phone writes them down, and tests demand that there are none.
 */
const AnomalyMeanings = {
  addOfHeldItem: 'Add of an item that the phone already holds: the user sees it twice',
  changeOfUnknownItem: 'Change of an item that the phone does not hold: the change is lost',
  deleteOfUnknownItem: 'Delete of an item that the phone does not hold',
  softDeleteOfUnknownItem: 'SoftDelete of an item that the phone does not hold',
  answerToNothing: 'an answer to a change that the phone did not send',
  emptyWindow: 'MoreAvailable without a single change: the phone asks again for ever',
  windowExceeded: 'more changes than the WindowSize that was asked for',
  missingSyncKey: 'success without a SyncKey: the phone cannot go on',
  changesUnderSameKey: 'changes under the SyncKey that the phone already has: a repeated request gets them twice',
  changesInFirstSync: 'changes in the answer to SyncKey 0 ([MS-ASCMD] 2.2.3.181.4)',
  uninvitedCollection: 'a collection that was not asked for',
  addOfHeldFolder: 'Add of a folder that the phone already holds',
  updateOfUnknownFolder: 'Update of a folder that the phone does not hold',
  deleteOfUnknownFolder: 'Delete of a folder that the phone does not hold',
  orphanFolder: 'a folder whose parent the phone does not hold',
  wrongCount: 'Count is not the number of changes',
} as const;

/** Name of an anomaly. */
export type AnomalyKind = keyof typeof AnomalyMeanings;

/** One anomaly and where it happened. */
export interface Anomaly {
  readonly kind: AnomalyKind;
  /** CollectionId; `undefined`: the hierarchy. */
  readonly collectionId?: string | undefined;
  /** ServerId of the item or folder. */
  readonly serverId?: string | undefined;
}

/** Writes an anomaly down. */
export type ReportAnomaly = (kind: AnomalyKind, serverId?: string) => void;

/** One line for a person. */
export const describeAnomaly = ({ kind, collectionId, serverId }: Anomaly): string => {
  const place = [collectionId && `collection ${collectionId}`, serverId && `ServerId ${serverId}`].filter(Boolean);
  return place.length === 0 ? AnomalyMeanings[kind] : `${AnomalyMeanings[kind]} (${place.join(', ')})`;
};
