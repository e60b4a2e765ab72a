import type { ItemId, Position } from '../contract/items.ts';

/** Two whole numbers as `a.b`: item ids are epoch and uid, cursors and positions epoch and modseq. */
export const joinNumbers = (first: number, second: number): ItemId & Position => `${first}.${second}`;

/** The numbers of `a.b`; `undefined` for anything else. */
export const splitNumbers = (text: string): readonly [number, number] | undefined => {
  const match = /^([1-9]\d{0,14})\.(0|[1-9]\d{0,14})$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
};
