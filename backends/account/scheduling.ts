import type { Scheduling } from '../contract/scheduling.ts';
import { inPart, type Part, placeOf } from './parts.ts';

/** Who sends invitations, by the part that a calendar belongs to; `undefined`: no part's server does. */
export const composedScheduling = (parts: readonly Part[]): Scheduling | undefined => {
  if (parts.every(({ abilities }) => abilities.scheduling === undefined)) return undefined;
  return {
    sends: async (folder, signal) => {
      const { part, id } = placeOf(parts, folder);
      return inPart(part, async () => (await part.abilities.scheduling?.sends(id, signal)) ?? false);
    },
  };
};
