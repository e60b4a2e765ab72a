import { setImmediate as nextTurn } from 'node:timers/promises';
import { unavailable } from './failures.ts';
import type { HttpAnswer } from './http.ts';
import { child, childrenOf, textOf, type XmlElement, XmlReader } from './xml.ts';

/** What a multistatus says about one resource (RFC 4918, 14.24). */
export interface DavResource {
  /** Its address as the server wrote it. */
  readonly href: string;
  /** Status of the resource as a whole; `undefined`: its properties have their own. */
  readonly status: number | undefined;
  /** The properties that it has. */
  readonly properties: ReadonlyMap<string, XmlElement>;
  /** Status of a property that could not be told or changed; the first one that is no 2xx and no 404. */
  readonly failed: number | undefined;
  /** Names of the elements in `D:error`. */
  readonly conditions: readonly string[];
}

/** Milliseconds of reading after which others get their turn. */
const TurnTime = 10;

const statusOf = (element: XmlElement | undefined): number | undefined => {
  const code = /^HTTP\/\S+\s+(\d{3})/.exec(textOf(element, 'D:status') ?? '')?.[1];
  return code === undefined ? undefined : Number(code);
};

const conditionsIn = (element: XmlElement | undefined): string[] =>
  (child(element, 'D:error')?.children ?? []).map(({ name }) => name);

/** A `D:response`, for each resource that it names. */
const resourcesOf = (response: XmlElement): DavResource[] => {
  const properties = new Map<string, XmlElement>();
  let failed: number | undefined;
  const conditions = conditionsIn(response);
  for (const part of childrenOf(response, 'D:propstat')) {
    const status = statusOf(part) ?? 200;
    if (status >= 200 && status < 300) {
      for (const property of child(part, 'D:prop')?.children ?? []) properties.set(property.name, property);
    } else if (status !== 404) {
      failed ??= status;
      conditions.push(...conditionsIn(part));
    }
  }
  const hrefs = childrenOf(response, 'D:href').map(({ text }) => text.trim());
  return hrefs.map((href) => ({ href, status: statusOf(response), properties, failed, conditions }));
};

/** What stands in a multistatus beside the resources. */
export interface MultistatusEnd {
  /** The `D:sync-token` of a sync-collection (RFC 6578, 6.4). */
  readonly syncToken: string | undefined;
}

/**
 * Reads a multistatus while it comes in. Others get their turn in between, however long it is.
 *
 * @param textLimit characters of one property at most
 * @throws BackendError `unavailable` when it is none.
 */
export const readMultistatus = async (
  answer: HttpAnswer,
  textLimit: number,
  onResource: (resource: DavResource) => void,
): Promise<MultistatusEnd> => {
  let syncToken: string | undefined;
  const onElement = (element: XmlElement): void => {
    if (element.name === 'D:response') for (const resource of resourcesOf(element)) onResource(resource);
    if (element.name === 'D:sync-token') syncToken = element.text.trim();
  };
  const rootName = await readXml(answer, { onElement, textLimit });
  if (rootName !== 'D:multistatus') throw unavailable(undefined, 'the answer is no multistatus');
  return { syncToken };
};

/** Reads XML as it comes in; returns the name of the outermost element. Throws `unavailable`. */
const readXml = async (answer: HttpAnswer, options: ConstructorParameters<typeof XmlReader>[0]): Promise<string> => {
  const reader = new XmlReader(options);
  const decoder = new TextDecoder();
  let began = performance.now();
  try {
    for await (const chunk of answer.body()) {
      reader.write(decoder.decode(chunk, { stream: true }));
      if (performance.now() - began < TurnTime) continue;
      await nextTurn();
      began = performance.now();
    }
    reader.write(decoder.decode());
    reader.end();
  } catch (error) {
    throw unavailable(error);
  }
  return reader.rootName ?? '';
};

/** Characters of an error's text that are looked at. */
const ErrorText = 1_000;

/** Names of the preconditions in the body of an error; none where it is no XML. */
export const readConditions = async (answer: HttpAnswer): Promise<readonly string[]> => {
  if (!/[/+]xml\b/i.test(answer.header('content-type') ?? '')) {
    answer.discard();
    return [];
  }
  const names: string[] = [];
  try {
    const root = await readXml(answer, { onElement: ({ name }) => void names.push(name), textLimit: ErrorText });
    return root === 'D:error' ? names : [];
  } catch {
    return [];
  }
};
