import { referencePage } from '../config/reference.ts';
import { backendKinds } from '../wiring.ts';
import type { Console } from './console.ts';

/** Prints every setting of the configuration. */
export const configReference = async ({ output }: Console): Promise<number> => {
  output.write(referencePage(backendKinds));
  return 0;
};
