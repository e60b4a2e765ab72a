import { Ping } from '../code-pages/index.ts';
import { container, type Infer, integer, list, optional, text } from '../schema/describe.ts';

/** A folder to watch ([MS-ASCMD] 2.2.3.71.2). */
const Folder = container(Ping.Folder, { id: text(Ping.Id), class: optional(text(Ping.Class)) });

/** A Ping request ([MS-ASCMD] 2.2.1.13). `heartbeatInterval` in seconds; what is absent is as in the last one. */
export const PingRequest = container(Ping.Ping, {
  heartbeatInterval: optional(integer(Ping.HeartbeatInterval)),
  folders: optional(list(Ping.Folders, Folder)),
});
export type PingRequest = Infer<typeof PingRequest>;

/** A Ping response: with Status 2 the folders that changed, with 5 and 6 the limit that was passed. */
export const PingResponse = container(Ping.Ping, {
  status: integer(Ping.Status),
  folders: optional(list(Ping.Folders, text(Ping.Folder))),
  maxFolders: optional(integer(Ping.MaxFolders)),
  heartbeatInterval: optional(integer(Ping.HeartbeatInterval)),
});
export type PingResponse = Infer<typeof PingResponse>;
