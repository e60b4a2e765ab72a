import { AirSync } from '../../protocol/code-pages/index.ts';
import { container, type Fields } from '../../protocol/schema/describe.ts';
import { type TreeNode, writeDocument } from '../../protocol/schema/index.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { decodeTree } from '../../protocol/wbxml/tree.ts';

/** An item's ApplicationData as a device sends it: what the version does not have is left out. */
export const itemNodes = (fields: Fields, item: object, version: ProtocolVersion): readonly TreeNode[] => {
  const pieces = writeDocument(container(AirSync.ApplicationData, fields), item, version);
  const bytes = pieces.filter((piece) => piece instanceof Uint8Array);
  return decodeTree(bytesSource(Buffer.concat(bytes))).children;
};
