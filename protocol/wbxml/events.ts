import type { Tag } from '../code-pages/tag.ts';
import type { ByteSource } from './bytes.ts';

/**
 * What stands next in a document. An element without content is a `start` alone; one with content
 * is a `start`, its content and an `end`. `done` follows the end of the root.
 */
export type Event = 'start' | 'end' | 'text' | 'opaque' | 'done';

/** A document or a part of one, pulled event by event. The properties belong to the last event. */
export interface Events {
  /** Moves on to the next event. */
  next(): Event;
  /** At `start`: the tag. */
  readonly tag: Tag;
  /** At `start`: whether content and an `end` follow. */
  readonly hasContent: boolean;
  /** At `text` and `opaque`: the value as text. Bytes that are no UTF-8 read as U+FFFD. */
  readonly text: string;
  /** At `text` and `opaque`: the value as bytes, not yet read. */
  readonly value: ByteSource;
}

/** Reads past the content of the element at whose `start` the events stand. */
export const skipElement = (events: Events): void => {
  let depth = events.hasContent ? 1 : 0;
  while (depth > 0) {
    const event = events.next();
    if (event === 'end') depth--;
    else if (event === 'start' && events.hasContent) depth++;
  }
};
