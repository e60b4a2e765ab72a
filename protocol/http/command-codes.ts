/**
 * Commands and their codes in the base64 query ([MS-ASHTTP] 2.2.1.1.1.1.2). Codes 6-8 are of
 * commands that no version ever used; 23 is not in the document but what devices send.
 */
export const CommandCodes = {
  Sync: 0,
  SendMail: 1,
  SmartForward: 2,
  SmartReply: 3,
  GetAttachment: 4,
  GetHierarchy: 5,
  FolderSync: 9,
  FolderCreate: 10,
  FolderDelete: 11,
  FolderUpdate: 12,
  MoveItems: 13,
  GetItemEstimate: 14,
  MeetingResponse: 15,
  Search: 16,
  Settings: 17,
  Ping: 18,
  ItemOperations: 19,
  Provision: 20,
  ResolveRecipients: 21,
  ValidateCert: 22,
  Find: 23,
} as const;

/** Name of a command, as in the plain query. */
export type CommandName = keyof typeof CommandCodes;

/** Every command, in the order of the codes. */
export const CommandNames: readonly CommandName[] = Object.keys(CommandCodes) as CommandName[];

/** The command of a code; `undefined` when there is none. */
export const commandOfCode = (code: number): CommandName | undefined =>
  CommandNames.find((name) => CommandCodes[name] === code);

/** The command of a name, whatever its case; `undefined` when there is none. */
export const commandOfName = (text: string): CommandName | undefined => {
  const wanted = text.toLowerCase();
  return CommandNames.find((name) => name.toLowerCase() === wanted);
};
