/*
 * A process of its own around libpcap's binding `cap`, because that one aborts its process when the interface goes down
 * or away. Writes a pcap to standard output; what went wrong goes to standard error.
 *
 * Arguments: interface, filter.
 */
import { createRequire } from 'node:module';

/** The parts of `cap` that are used; the package has no types. */
interface CapModule {
  readonly Cap: new () => {
    open(device: string, filter: string, bufferBytes: number, packet: Buffer): string;
    setMinBytes?(bytes: number): void;
    on(event: 'packet', listener: (lengthBytes: number, truncated: boolean) => void): void;
    close(): void;
  };
}

/** Of the kernel, in bytes; in immediate mode a packet takes as much as the largest (65,535). */
const KERNEL_BUFFER = 64 * 1024 * 1024;
const SNAP_LENGTH = 65_535;
/** Handed on together. */
const CHUNK_BYTES = 64 * 1024;
/** What waits for a slow reader; beyond it packets are dropped and counted. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Names of `cap` for link types (its binding.cc), and the LINKTYPE_ values. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  NULL: 0,
  ETHERNET: 1,
  RAW: 101,
  LINKTYPE_LINUX_SLL: 113,
  IEEE802_11_RADIO: 127,
};

function main(interfaceName: string, filter: string): void {
  const { Cap } = createRequire(import.meta.url)('cap') as CapModule;
  const cap = new Cap();
  const packet = Buffer.alloc(SNAP_LENGTH);
  const name = cap.open(interfaceName, filter, KERNEL_BUFFER, packet);
  cap.setMinBytes?.(0);
  const linkType = LINK_TYPES[name];
  if (linkType === undefined) throw new Error(`cap gives this interface the unknown link type ${name}`);
  const output = new PcapOutput(linkType);
  cap.on('packet', (lengthBytes, truncated) => output.packet(packet, lengthBytes, truncated));
  const stop = (): void => {
    cap.close();
    output.end();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.on('SIGUSR1', () => process.stderr.write(`${output.dropped} packets dropped by kernel\n`));
  // The parent went away.
  process.stdout.on('error', () => process.exit(0));
}

class PcapOutput {
  dropped = 0;
  private chunk = Buffer.allocUnsafe(CHUNK_BYTES + SNAP_LENGTH + 16);
  private length = 0;
  private scheduled = false;

  /** File header: nanoseconds, version 2.4, snap length, link type. */
  constructor(linkType: number) {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b23c4d, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(SNAP_LENGTH, 16);
    header.writeUInt32LE(linkType, 20);
    process.stdout.write(header);
  }

  packet(bytes: Buffer, lengthBytes: number, truncated: boolean): void {
    if (process.stdout.writableLength > MAX_WAITING_BYTES) {
      this.dropped++;
      return;
    }
    // `cap` throws the kernel's time stamp away: this is when the packet arrived here.
    const ms = performance.timeOrigin + performance.now();
    const seconds = Math.floor(ms / 1000);
    const { chunk, length } = this;
    chunk.writeUInt32LE(seconds, length);
    chunk.writeUInt32LE(Math.floor((ms - seconds * 1000) * 1000) * 1000, length + 4);
    chunk.writeUInt32LE(lengthBytes, length + 8);
    // How long it was is not told either, only that it was longer.
    chunk.writeUInt32LE(truncated ? lengthBytes + 1 : lengthBytes, length + 12);
    bytes.copy(chunk, length + 16, 0, lengthBytes);
    this.length += 16 + lengthBytes;
    if (this.length >= CHUNK_BYTES) this.flush();
    else if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  end(): void {
    this.flush();
    process.stdout.end(() => process.exit(0));
  }

  private flush(): void {
    this.scheduled = false;
    if (this.length === 0) return;
    process.stdout.write(this.chunk.subarray(0, this.length));
    this.chunk = Buffer.allocUnsafe(CHUNK_BYTES + SNAP_LENGTH + 16);
    this.length = 0;
  }
}

const [interfaceName = '', filter = ''] = process.argv.slice(2);
try {
  main(interfaceName, filter);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.stderr.write(code === 'MODULE_NOT_FOUND' ? 'cap is not installed\n' : `${message}\n`);
  process.exitCode = 1;
}
