import type { StepTable } from './plan.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

/** Somebody at work in a world. */
export interface At<Who> {
  readonly world: World;
  readonly who: Who;
}

/** A class of items that takes part in campaigns: what happens to such items, and where their truth stands. */
export interface CampaignClass {
  /** What other programs of a user do. */
  readonly elsewhere: StepTable<At<string>>;
  /** What a user does on a phone; the phone synchronises later. */
  readonly onPhone: StepTable<At<Witness>>;
  /** What phones hold otherwise than the store, in words; none: exactly what the store holds. */
  differences(world: World): Promise<readonly string[]>;
  /** What happened to items that must not, once everything is at rest, in words. */
  offences(world: World): Promise<readonly string[]>;
}
