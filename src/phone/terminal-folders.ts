import type { Device } from './device.ts';
import { createFolder, deleteFolder, moveItem, updateFolder } from './folder-commands.ts';
import type { PhoneFolder } from './folder-tree.ts';
import type { Phone } from './phone.ts';
import { oneLine } from './terminal-view.ts';
import { UserMistake } from './user-mistake.ts';

/** ParentId of a folder at the top. */
const Root = '0';

/** What a user of the terminal phone does with folders, and with mails between them. */
export class FolderDesk {
  readonly #device: Device;
  readonly #phone: Phone;

  constructor(device: Device, phone: Phone) {
    this.#device = device;
    this.#phone = phone;
  }

  /** The folder of a name, in any case. */
  find(name: string): PhoneFolder {
    const wanted = name.trim().toLowerCase();
    const folder = this.#phone.mailbox.folders.all().find((each) => oneLine(each.displayName).toLowerCase() === wanted);
    if (folder === undefined) throw new UserMistake(`There is no folder ${name.trim()}: type folders`);
    return folder;
  }

  /** Moves a mail, and brings both folders up to date. */
  async move(srcFldId: string, srcMsgId: string, target: string): Promise<string> {
    if (target === '') throw new UserMistake('Move it where? Name a folder');
    const { serverId: dstFldId, displayName } = this.find(target);
    await this.#phone.alone(() => moveItem(this.#device, { srcMsgId, srcFldId, dstFldId }));
    await this.#phone.syncFolder(srcFldId);
    return `Moved to ${oneLine(displayName)}`;
  }

  /** `NAME`, or `PARENT > NAME`: makes a folder. */
  async make(text: string): Promise<string> {
    const [first, second] = namesOf(text);
    const parentId = second === undefined ? Root : this.find(first).serverId;
    const displayName = second ?? first;
    await this.#phone.alone(() => createFolder(this.#device, this.#phone.mailbox, { parentId, displayName }));
    return `Made ${displayName}`;
  }

  /** `FOLDER > NAME`: gives a folder another name. */
  async rename(text: string): Promise<string> {
    const [first, displayName] = namesOf(text);
    if (displayName === undefined) throw new UserMistake('Rename it to what? Write FOLDER > NAME');
    const { serverId, parentId } = this.find(first);
    const { mailbox } = this.#phone;
    await this.#phone.alone(() => updateFolder(this.#device, mailbox, serverId, { parentId, displayName }));
    return `Renamed ${first} to ${displayName}`;
  }

  /** Removes a folder with all that is in it; gives its ServerId. */
  async remove(name: string): Promise<string> {
    const { serverId } = this.find(name);
    await this.#phone.alone(() => deleteFolder(this.#device, this.#phone.mailbox, serverId));
    await this.#phone.folderSync();
    return serverId;
  }
}

const namesOf = (text: string): readonly [string, string?] => {
  const [first = '', second] = text.split(' > ').map((name) => name.trim());
  if (first === '' || second === '') throw new UserMistake('Which folder? Name it');
  return second === undefined ? [first] : [first, second];
};
