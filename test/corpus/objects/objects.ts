import type { ObjectKind } from '../../../backends/contract/objects.ts';
import { chanceAt } from '../../campaign/plan.ts';
import type { Chance } from '../../support/chance.ts';
import { generatedEvent, generatedJournal, generatedTodo } from './generated-calendars.ts';
import { generatedCard } from './generated-cards.ts';
import { packagedObjects } from './packaged.ts';

/** A native object that a phone must not damage. */
export interface CorpusObject {
  /** Unique; says where it is from. */
  readonly name: string;
  readonly text: string;
}

const Generators: Readonly<Record<ObjectKind, (chance: Chance, uid: string) => string>> = {
  VCARD: generatedCard,
  VEVENT: generatedEvent,
  VTODO: generatedTodo,
  VJOURNAL: generatedJournal,
};

/** Another corpus by `POSTRIDER_SEED=n`. */
const Seed = Number(process.env.POSTRIDER_SEED ?? 1);

/** Made objects of a kind: always the same ones. */
export const generatedObjects = (kind: ObjectKind, count: number): readonly CorpusObject[] =>
  Array.from({ length: count }, (_, at) => {
    const name = `${kind.toLowerCase()}-${Seed}-${at}`;
    return { name, text: Generators[kind](chanceAt(Seed, at, kind.length), name) };
  });

/** Objects of a kind: those that packages ship as test data, and made ones, `count` together. */
export const corpusObjects = (kind: ObjectKind, count: number): readonly CorpusObject[] => {
  const packaged = packagedObjects(kind);
  return [...packaged, ...generatedObjects(kind, count - packaged.length)];
};
