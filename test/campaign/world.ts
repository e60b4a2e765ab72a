import type { Stage } from './stage.ts';
import { Witness, type WitnessOptions } from './witness.ts';

/** Who did something to an item. */
type Doer = Witness | 'elsewhere';

/** Users, their phones, and what is known of what they did. */
export class World {
  readonly stage: Stage;
  readonly witnesses: readonly Witness[];
  readonly #touches = new Map<string, Map<Doer, number>>();

  /** @param phones of each user, by the version that they speak */
  constructor(
    stage: Stage,
    users: readonly string[],
    versions: readonly WitnessOptions['version'][],
    trace?: WitnessOptions['trace'],
  ) {
    this.stage = stage;
    const url = `http://127.0.0.1:${stage.front.port}`;
    const onChange = (witness: Witness, serverId: string): void => {
      const subject = subjectOf(witness, serverId);
      if (subject !== undefined) this.touch(subject, witness);
    };
    this.witnesses = users.flatMap((user) =>
      versions.map((version, i) => new Witness({ url, user, number: i + 1, version, onChange, trace })),
    );
  }

  get users(): readonly string[] {
    return [...new Set(this.witnesses.map(({ user }) => user))];
  }

  /** Notes an attempt to change an item, before it is made. */
  touch(subject: string, by: Doer): void {
    const doers = this.#touches.get(subject) ?? new Map<Doer, number>();
    this.#touches.set(subject, doers.set(by, (doers.get(by) ?? 0) + 1));
  }

  /** How often others than its phone tried to change what it holds as `serverId`. */
  touches(witness: Witness, serverId: string): number {
    const subject = subjectOf(witness, serverId);
    if (subject === undefined) return Number.POSITIVE_INFINITY;
    const doers = [...(this.#touches.get(subject) ?? [])];
    return doers.filter(([by]) => by !== witness).reduce((sum, [, times]) => sum + times, 0);
  }

  /** Notes that the state store lost what was committed in a time. */
  lose(from: number, to: number): void {
    for (const { wire } of this.witnesses) wire.losses.push({ from, to });
  }

  close(): void {
    for (const witness of this.witnesses) witness.close();
  }
}

/** The subject by which an item is known to everybody; `undefined`: the phone does not hold it any more. */
const subjectOf = (witness: Witness, serverId: string): string | undefined =>
  witness.email(serverId.slice(0, serverId.indexOf(':')), serverId)?.subject;
