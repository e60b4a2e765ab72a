import type { Body } from '../../protocol/classes/air-sync-base.ts';
import { sourceOf } from './sending.ts';

/** A text that a device wrote for a mail that the server makes. */
export interface BodyText {
  readonly form: 'plain' | 'html';
  readonly text: string;
}

/** The text of a Body; `undefined`: it is neither plain text nor HTML ([MS-ASAIRS] 2.2.2.41.1). */
export const bodyText = ({ type, data }: Body): BodyText | undefined => {
  const form = type === 1 ? ('plain' as const) : type === 2 ? ('html' as const) : undefined;
  if (form === undefined) return undefined;
  if (data === undefined || typeof data === 'string') return { form, text: data ?? '' };
  const bytes = sourceOf(data);
  return { form, text: Buffer.from(bytes.read(0, bytes.length)).toString('utf8') };
};
