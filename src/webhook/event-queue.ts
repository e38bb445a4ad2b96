import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from '../folder-lock.ts';
import { makeFolder } from '../make-folder.ts';
import { isEventBody } from './event-document.ts';

export interface EventQueueOptions {
  readonly folder: string;
  readonly onTrouble: (trouble: QueueTrouble) => void;
  readonly limits?: Partial<QueueLimits>;
}

export type QueueTrouble =
  /** What was added cannot be written; it is kept in memory and tried again. */
  | { readonly kind: 'not-writable'; readonly error: NodeJS.ErrnoException }
  | { readonly kind: 'writable-again' }
  /** The oldest were given up because too many wait, or one because it could not be set aside. */
  | { readonly kind: 'dropped' }
  /** A file is not what was written; it was set aside. */
  | { readonly kind: 'damaged'; readonly name: string };

export interface QueueLimits {
  /** An event is some kilobytes; a receiver that was away for days has no use for more. */
  readonly events: number;
  readonly bytes: number;
  /** Not on disk yet: a disk that is full for hours must not fill the memory, too. */
  readonly unwritten: number;
  /** Set aside for people to look at. */
  readonly refused: number;
  readonly writeAgainMs: number;
}

const DEFAULT_QUEUE_LIMITS: QueueLimits = {
  events: 10_000,
  bytes: 64e6,
  unwritten: 1000,
  refused: 1000,
  writeAgainMs: 5000,
};

/** One that waits. */
export interface QueuedEvent {
  readonly id: string;
  readonly name: string;
}

interface Entry extends QueuedEvent {
  readonly lengthBytes: number;
  /** Until it is on disk. */
  body: Buffer | undefined;
  /** On disk, and will be there after a crash. */
  stored: boolean;
  /** Delivered, set aside or dropped. */
  gone: boolean;
  /** Its delivery is being tried. */
  taken: boolean;
}

const REFUSED = 'refused';
/** Their order is that of their numbers. */
const EVENT_FILE = /^(\d{15})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/;
/** Larger ones were not written here. */
const MAX_EVENT_BYTES = 1e6;

/**
 * Events that wait, in order, one file each: written under another name, synchronised with the disk, renamed, and the
 * folder synchronised. So after a crash each is there whole or not at all, and one that was given to a receiver who did not
 * answer is given again. The folder is this process's alone while the queue is open.
 */
export class EventQueue {
  readonly folder: string;
  /** Given up because too many waited. */
  dropped = 0;
  private readonly onTrouble: (trouble: QueueTrouble) => void;
  private readonly limits: QueueLimits;
  private readonly unlock: () => void;
  private entries: Entry[] = [];
  private bytes = 0;
  private nextNumber = 1;
  private writing: Promise<void> | undefined;
  private writeTimer: NodeJS.Timeout | undefined;
  private isWritable = true;
  private isClosed = false;
  private wake: () => void = () => {};

  private constructor({ folder, onTrouble, limits }: EventQueueOptions, unlock: () => void) {
    this.folder = folder;
    this.onTrouble = onTrouble;
    this.limits = { ...DEFAULT_QUEUE_LIMITS, ...limits };
    this.unlock = unlock;
  }

  /** @throws FolderInUse when another process has the folder; errors of the file system. */
  static async open(options: EventQueueOptions): Promise<EventQueue> {
    makeFolder(join(options.folder, REFUSED), 0o700);
    const unlock = lockFolder(options.folder);
    const queue = new EventQueue(options, unlock);
    try {
      await queue.load();
    } catch (error) {
      unlock();
      throw error;
    }
    return queue;
  }

  get refusedFolder(): string {
    return join(this.folder, REFUSED);
  }

  get waiting(): number {
    return this.entries.length;
  }

  /** Takes an event in; it is written soon. */
  add(id: string, body: Buffer): void {
    // Of the time, so that they go on where files set aside stopped; never down, whatever the clock does.
    const number = Math.max(this.nextNumber, Date.now());
    this.nextNumber = number + 1;
    const name = `${String(number).padStart(15, '0')}-${id}.json`;
    this.entries.push({
      id,
      name,
      lengthBytes: body.length,
      body,
      stored: false,
      gone: false,
      taken: false,
    });
    this.bytes += body.length;
    this.dropOldest();
    if (this.isWritable) this.write();
  }

  /**
   * The oldest one, as soon as it is safe on disk, or the disk does not work; undefined when the queue is closed, and,
   * unless told to wait, when it is empty.
   */
  async first(options: { readonly waits: () => boolean }): Promise<QueuedEvent | undefined> {
    for (;;) {
      const [entry] = this.entries;
      if (entry !== undefined && (entry.stored || !this.isWritable)) {
        entry.taken = true;
        return entry;
      }
      if (this.isClosed || (entry === undefined && !options.waits())) return undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Lets {@link first} look again at what it waits for. */
  lookAgain(): void {
    this.wake();
  }

  /**
   * What is to be sent; undefined when it is no more, or not what was written.
   *
   * @throws errors of the file system.
   */
  async bodyOf(event: QueuedEvent): Promise<Buffer | undefined> {
    const entry = event as Entry;
    if (entry.body !== undefined) return entry.body;
    try {
      const body = await readFile(join(this.folder, entry.name));
      if (isEventBody(body, entry.id)) return body;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.forget(entry);
      return undefined;
    }
    await this.setAside(entry);
    this.onTrouble({ kind: 'damaged', name: entry.name });
    return undefined;
  }

  /** It was delivered. */
  async delivered(event: QueuedEvent): Promise<void> {
    const entry = event as Entry;
    this.forget(entry);
    if (entry.stored) await this.remove(entry.name);
  }

  /** Its delivery did not work: it stays. */
  putBack(event: QueuedEvent): void {
    (event as Entry).taken = false;
  }

  /** The receiver does not want it: it is kept in another folder, of which the oldest are given up. */
  async setAside(event: QueuedEvent): Promise<void> {
    const entry = event as Entry;
    this.forget(entry);
    try {
      if (entry.stored) await rename(join(this.folder, entry.name), join(this.refusedFolder, entry.name));
      else if (entry.body !== undefined) await writeDurably(this.refusedFolder, entry.name, entry.body);
      const names = (await readdir(this.refusedFolder)).filter((name) => EVENT_FILE.test(name)).sort();
      for (const name of names.slice(0, Math.max(0, names.length - this.limits.refused))) {
        await rm(join(this.refusedFolder, name), { force: true });
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.dropped++;
      this.onTrouble({ kind: 'dropped' });
    }
  }

  /** Tries to write what is not on disk, and gives the folder back. */
  async close(): Promise<void> {
    // One that is under way may have begun before there was room.
    await this.writing;
    this.write();
    await this.writing;
    this.isClosed = true;
    clearTimeout(this.writeTimer);
    this.wake();
    this.unlock();
  }

  /** Of the events that wait: those that are in memory only. */
  get unwritten(): number {
    return this.entries.reduce((count, { stored }) => count + (stored ? 0 : 1), 0);
  }

  private async load(): Promise<void> {
    const names = await readdir(this.folder);
    for (const name of names.sort()) {
      if (name.endsWith('.tmp')) await rm(join(this.folder, name), { force: true });
      const [, number, id] = EVENT_FILE.exec(name) ?? [];
      if (number === undefined || id === undefined) continue;
      this.nextNumber = Number(number) + 1;
      const { size } = await stat(join(this.folder, name));
      const entry = { id, name, lengthBytes: size, body: undefined, stored: true, gone: false, taken: false };
      if (size > MAX_EVENT_BYTES) {
        await this.setAside(entry);
        this.onTrouble({ kind: 'damaged', name });
        continue;
      }
      this.entries.push(entry);
      this.bytes += size;
    }
    this.dropOldest();
  }

  private dropOldest(): void {
    const { limits } = this;
    const { dropped } = this;
    while (this.entries.length > limits.events || this.bytes > limits.bytes) {
      if (!this.drop(() => true)) break;
    }
    while (this.unwritten > limits.unwritten) {
      if (!this.drop(({ stored }) => !stored)) break;
    }
    if (this.dropped > dropped) this.onTrouble({ kind: 'dropped' });
  }

  /** The oldest for which it holds, but for one that is on its way. */
  private drop(which: (entry: Entry) => boolean): boolean {
    const entry = this.entries.find((one) => !one.taken && which(one));
    if (entry === undefined) return false;
    this.dropped++;
    this.forget(entry);
    if (entry.stored) void this.remove(entry.name);
    return true;
  }

  private forget(entry: Entry): void {
    if (entry.gone) return;
    entry.gone = true;
    this.entries = this.entries.filter((one) => one !== entry);
    this.bytes -= entry.lengthBytes;
  }

  /** What cannot be removed is sent once more after the next start, with the same id. */
  private async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true }).catch(() => {});
  }

  private write(): void {
    clearTimeout(this.writeTimer);
    this.writing ??= this.writeAll().then((error) => {
      this.writing = undefined;
      this.written(error);
    });
  }

  /** What went wrong; undefined when all is on disk. */
  private async writeAll(): Promise<NodeJS.ErrnoException | undefined> {
    try {
      for (;;) {
        const batch = this.entries.filter(({ stored }) => !stored);
        if (batch.length === 0) return undefined;
        for (const { gone, name, body } of batch) {
          if (!gone && body !== undefined) await writeFlushed(this.folder, name, body);
        }
        await flushFolder(this.folder);
        for (const entry of batch) {
          entry.stored = true;
          entry.body = undefined;
          // Delivered from memory meanwhile, or dropped.
          if (entry.gone) await this.remove(entry.name);
        }
        this.wake();
      }
    } catch (error) {
      return error as NodeJS.ErrnoException;
    }
  }

  private written(error: NodeJS.ErrnoException | undefined): void {
    if (error !== undefined) {
      if (this.isWritable) this.onTrouble({ kind: 'not-writable', error });
      if (!this.isClosed) {
        this.writeTimer = setTimeout(() => this.write(), this.limits.writeAgainMs);
        this.writeTimer.unref();
      }
    } else if (!this.isWritable) {
      this.onTrouble({ kind: 'writable-again' });
    }
    this.isWritable = error === undefined;
    this.wake();
    // Added between the last look and now.
    if (this.isWritable && this.unwritten > 0) this.write();
  }
}

async function writeDurably(folder: string, name: string, body: Buffer): Promise<void> {
  await writeFlushed(folder, name, body);
  await flushFolder(folder);
}

async function writeFlushed(folder: string, name: string, body: Buffer): Promise<void> {
  const draft = join(folder, `${name}.tmp`);
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(body);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(folder, name));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

/** Makes the names of new files last. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
