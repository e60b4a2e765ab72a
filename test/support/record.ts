import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWbxmlType } from '../../protocol/http/headers.ts';
import { decodeMultipart } from '../../protocol/types/multipart.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { toXml } from '../../protocol/wbxml/print.ts';
import { decodeTree } from '../../protocol/wbxml/tree.ts';
import type { DeviceExchange } from '../../src/phone/channel.ts';

/** Names the folder that recorded responses go to; without it nothing is recorded. */
const RecordVariable = 'POSTRIDER_RECORD_RESPONSES';

/** The document of an answer; `undefined`: it has none. */
const documentOf = (exchange: DeviceExchange): Uint8Array | undefined => {
  const { status, headers, body } = exchange.response ?? { status: 0, headers: {}, body: new Uint8Array(0) };
  if (status !== 200 || body.length === 0) return undefined;
  if (headers['content-type'] === 'application/vnd.ms-sync.multipart') return decodeMultipart(body)[0];
  return isWbxmlType(headers['content-type']) ? body : undefined;
};

/**
 * A hook for devices that writes each response as `<Command>Response-<id>.xml` into the folder
 * named by the environment, for validation with published schemas. `undefined` without the variable.
 */
export const responseRecorder = (
  folder: string | undefined = process.env[RecordVariable],
): ((exchange: DeviceExchange) => void) | undefined => {
  if (folder === undefined || folder === '') return undefined;
  mkdirSync(folder, { recursive: true });
  return (exchange) => {
    const document = documentOf(exchange);
    if (document === undefined) return;
    const xml = `<?xml version="1.0" encoding="utf-8"?>\n${toXml(decodeTree(bytesSource(document)))}\n`;
    // Many tests write into the folder at the same time: the name must be free in all of them.
    writeFileSync(join(folder, `${exchange.command}Response-${randomUUID()}.xml`), xml);
  };
};
