import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keys } from './keys.ts';
import {
  ADDRESS,
  type Argv,
  type Ended,
  type Host,
  type Network,
  type Running,
  signal,
  until,
} from './network.ts';

/** What the person at the client saw. */
export interface ClientRun {
  /** stderr without blank lines. */
  readonly said: readonly string[];
  /** Absent when it was still running, or ended by a signal. */
  readonly exit: number | undefined;
}

export interface CaptureOptions {
  /** Where tcpdump stands; default the client's device. */
  readonly at?: Host;
  readonly device?: string;
  readonly filter?: string;
  readonly options?: readonly string[];
}

export interface SshOptions {
  /** `-o` settings beyond those that keep the machine's own configuration out. */
  readonly settings?: readonly string[];
  readonly command?: string;
  readonly address?: string;
  readonly identity?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export const PORT = 22;

/** ICMP errors without the chatter of neighbour discovery. */
const FILTER = `tcp port ${PORT} or icmp or (icmp6 and ip6[40] < 128)`;
const DEVICE: Readonly<Record<Host, string>> = { client: 'c0', router: 'any', server: 's0' };

/** The programs of one scenario: what captures, what serves and what connects. */
export class Lab {
  readonly network: Network;
  readonly keys: Keys;
  /** For configuration files; removed afterwards. */
  readonly folder: string;
  readonly #file: string;
  #tcpdump: Running | undefined;

  constructor(options: { network: Network; keys: Keys; folder: string; file: string }) {
    this.network = options.network;
    this.keys = options.keys;
    this.folder = options.folder;
    this.#file = options.file;
    mkdirSync(this.folder, { recursive: true });
  }

  async capture(options: CaptureOptions = {}): Promise<void> {
    const { at = 'client', device = DEVICE[at], filter = FILTER } = options;
    // Without --immediate-mode the kernel hands packets over up to a second late, and those are lost at the end.
    await this.#record(at, 'tcpdump', [
      ...['-Z', 'root', '-i', device, '-n', '-U', '--immediate-mode', '-B', '4096'],
      ...(options.options ?? []),
      ...['-w', this.#file, filter],
    ]);
  }

  /** Both sides of the router in one pcapng, each packet twice. */
  async captureTwoInterfaces(): Promise<void> {
    await this.#record('router', 'dumpcap', ['-q', '-i', 'r0', '-i', 'r1', '-f', FILTER, '-w', this.#file]);
  }

  async endCapture(): Promise<void> {
    const running = this.#tcpdump;
    if (!running) return;
    this.#tcpdump = undefined;
    await sleep(300);
    const { stderr } = await running.stop('SIGINT');
    const dropped = /([1-9]\d*) packets? dropped by kernel/.exec(stderr);
    if (dropped) throw new Error(`${this.#file}: ${dropped[0]}`);
  }

  async #record(at: Host, program: string, argv: readonly string[]): Promise<void> {
    const running = this.network.start(at, [program, ...argv]);
    this.#tcpdump = running;
    await until(program, () => /listening on|Capturing on/.test(running.printed()));
    await sleep(200);
  }

  /** A real sshd on port 22 whose root may log in with the lab's key. `hostsDeny` is its /etc/hosts.deny. */
  async sshd(configuration: readonly string[] = [], hostsDeny?: string): Promise<void> {
    const file = this.write(
      'sshd_config',
      [
        ...configuration,
        `Port ${PORT}`,
        ...this.keys.host.map((key) => `HostKey ${key}`),
        'PermitRootLogin yes',
        'UsePAM no',
        'StrictModes no',
        'PidFile none',
        'PrintMotd no',
        'LogLevel VERBOSE',
        '',
      ].join('\n'),
    );
    const binds: [string, string][] = [[this.keys.home, '/root']];
    if (hostsDeny !== undefined) {
      binds.push([this.write('hosts.deny', hostsDeny), '/etc/hosts.deny']);
    }
    await this.serve(`exec /usr/sbin/sshd -D -e -f ${file}`, binds);
  }

  /** A server process of any kind, with files of its own over the machine's. */
  async serve(script: string, binds: readonly (readonly [string, string])[] = []): Promise<Running> {
    const mounts = binds.map(([from, to]) => `mount --bind ${from} ${to} && `).join('');
    // A process namespace, because a session's processes would outlive their listener.
    const running = this.network.start('server', [
      ...(['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const),
      ...['sh', '-c', mounts + script],
    ]);
    await this.network.listening('server', PORT);
    return running;
  }

  /** Starts the OpenSSH client. */
  ssh(options: SshOptions = {}): Running {
    const { settings = [], command = 'echo hello', address = ADDRESS.server } = options;
    return this.network.start('client', this.sshArgv({ ...options, settings, command, address }), {
      environment: { HOME: this.keys.home, ...options.environment },
    });
  }

  sshArgv(options: SshOptions): Argv {
    const { settings = [], identity = this.keys.client, address = ADDRESS.server, command } = options;
    // The first setting wins, so a scenario's own stand first.
    const all = [
      ...settings,
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${this.keys.knownHosts}`,
      'GlobalKnownHostsFile=/dev/null',
      'IdentitiesOnly=yes',
      `IdentityFile=${identity}`,
    ];
    return [
      'ssh',
      '-F',
      'none',
      ...all.flatMap((one) => ['-o', one]),
      `root@${address}`,
      ...(command ? [command] : []),
    ];
  }

  /** Logs in and gives the client while its command runs. */
  async loggedIn(options: SshOptions = {}): Promise<Running> {
    const running = this.ssh({ ...options, command: `echo logged in; ${options.command ?? 'sleep 60'}` });
    await until('the login', () => running.printed().includes('logged in'));
    // The last packets of the login, such as its acknowledgement, belong to it.
    await sleep(300);
    return running;
  }

  /** Runs JavaScript in a namespace: clients and servers that do what no program does on request. */
  node(host: Host, script: string): Running {
    return this.network.start(host, [process.execPath, '-e', script]);
  }

  /** Signals the processes that serve a connection, not the one that listens. */
  async signalSessions(name: NodeJS.Signals): Promise<void> {
    const sessions = (await this.network.processes('server')).filter(
      ({ command }) => command.startsWith('sshd: ') && !command.includes('[listener]'),
    );
    if (sessions.length === 0) throw new Error('no sshd process to signal');
    for (const { pid } of sessions) signal(pid, name);
  }

  async signalListener(name: NodeJS.Signals): Promise<void> {
    const listeners = (await this.network.processes('server')).filter(({ command }) =>
      command.includes('[listener]'),
    );
    for (const { pid } of listeners) signal(pid, name);
  }

  /**
   * Lets capture time pass without a packet, then has the client ping the server: the silence before it shows in the
   * capture. Longer than the 15 s after which sshfate calls it silence.
   */
  async silence(): Promise<void> {
    await sleep(17_000);
    await this.network.run('client', 'nmap', '-n', '-sn', '-PE', '--disable-arp-ping', ADDRESS.server);
  }

  write(name: string, text: string, mode = 0o600): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode });
    return path;
  }
}

/** What a client that has ended said; one that still runs is ended first, after the capture. */
export function clientRun({ code, stderr }: Ended): ClientRun {
  return { said: stderr.split(/\r?\n/).filter((line) => line.trim() !== ''), exit: code };
}
