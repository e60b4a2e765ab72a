import { Chance } from '../support/chance.ts';

/** A decided step: what it will do, in words that tell all of it, and the doing. */
export interface Step<Actor> {
  readonly text: string;
  take(actor: Actor): Promise<void>;
}

/** A kind of step: how often it is chosen, and how its details are. */
export interface StepKind<Actor> {
  readonly weight: number;
  /** Whether it can be taken where the campaign runs; it always can unless told. */
  readonly possible?: boolean | undefined;
  plan(chance: Chance): Step<Actor>;
}

/** Kinds of steps by name. */
export type StepTable<Actor> = Readonly<Record<string, StepKind<Actor>>>;

/** Spreads the bits of some numbers over one: neighbours have nothing in common. */
const mixed = (numbers: readonly number[]): number =>
  numbers.reduce((state, number) => {
    const sum = Math.imul(state ^ number, 0x9e3779b1);
    return Math.imul(sum ^ (sum >>> 15), 0x85ebca6b) ^ (sum >>> 13);
  }, 0x5bd1e995);

/** The chance of one place in the plan; it does not depend on what was drawn elsewhere. */
export const chanceAt = (...place: readonly number[]): Chance => new Chance((mixed(place) << 1) | 1);

/** Decides for one step of a table, by weight. */
export const planStep = <Actor>(table: StepTable<Actor>, chance: Chance): Step<Actor> => {
  const kinds = Object.values(table).filter(({ possible }) => possible !== false);
  let left = chance.below(kinds.reduce((sum, { weight }) => sum + weight, 0));
  for (const kind of kinds) {
    left -= kind.weight;
    if (left < 0) return kind.plan(chance);
  }
  throw new RangeError('a table of steps without weights');
};
