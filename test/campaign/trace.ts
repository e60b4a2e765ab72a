import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isWbxmlType } from '../../protocol/http/headers.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { toXml } from '../../protocol/wbxml/print.ts';
import { decodeTree } from '../../protocol/wbxml/tree.ts';
import type { DeviceExchange } from '../../src/phone/channel.ts';

/** Sees every exchange of a phone. */
export type Trace = (name: string, exchange: DeviceExchange) => void;

/** A document as XML, with long texts cut short; empty: there is none that can be read. */
const documentOf = (type: string | undefined, body: Uint8Array | undefined): string => {
  if (body === undefined || body.length === 0 || !isWbxmlType(type)) return '';
  try {
    return toXml(decodeTree(bytesSource(body))).replace(/>([^<]{60})[^<]+</g, '>$1…<');
  } catch (error) {
    return String(error);
  }
};

/** Writes what each phone says and hears into a file of its own. */
export const traceInto = (folder: string): Trace => {
  mkdirSync(folder, { recursive: true });
  return (name, { command, request, response, error }) => {
    const time = new Date().toISOString().slice(11, 23);
    const asked = documentOf(request.headers?.['Content-Type'], request.body);
    const told = documentOf(response?.headers['content-type'], response?.body);
    const text = [`${time} ${command} ${response?.status ?? error?.message}`, asked, told].filter(Boolean).join('\n');
    appendFileSync(join(folder, `${name.replace('/', '-')}.log`), `${text}\n\n`);
  };
};
