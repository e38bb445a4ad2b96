import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Via } from '../../src/live/packet-source.ts';
import type { Keys } from './keys.ts';
import { type Argv, collect, type Host, type Network, type Running, signal, until } from './network.ts';
import type { Plan } from './plan.ts';
import type { Side } from './scenario.ts';

export interface CaptureOptions {
  /** The port that is captured; default the plan's. */
  readonly port?: number;
  /** In place of the usual filter. */
  readonly filter?: string;
  /** With ARP and neighbour discovery. */
  readonly neighbours?: boolean;
  /** Further options of tcpdump. */
  readonly options?: readonly string[];
  /** A third capture in between: on this device, or on both cables by dumpcap. */
  readonly router?: string | 'two-interfaces';
  /** The sides to capture at; default both. */
  readonly sides?: readonly ('client' | 'server')[];
}

export interface SshOptions {
  /** `-o` settings beyond those that keep the machine's own configuration out. */
  readonly settings?: readonly string[];
  readonly command?: string;
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
  readonly identity?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** By the client of OpenSSH 10. */
  readonly ten?: boolean;
}

export interface SshdOptions {
  readonly port?: number;
  /** Its /etc/hosts.deny. */
  readonly hostsDeny?: string;
  /** Mounted over files of the machine, for this server only. */
  readonly binds?: readonly (readonly [string, string])[];
}

/** What one client did and what the person at it saw. */
export interface Client {
  readonly argv: Argv;
  readonly said: readonly string[];
  /** null: it still ran when the capture ended, or a signal ended it. */
  readonly exit: number | null;
}

const DEVICE: Readonly<Record<'client' | 'server', string>> = { client: 'c0', server: 's0' };
const CLIENTS = ['ssh', 'scp', 'sftp', 'dbclient', 'plink', 'unshare', 'ssh-agent'];
/** As a user has it: built. */
const SSHFATE = join(import.meta.dirname, '../../bin/sshfate.js');
export const liveFile = (via: Via): string => `live-${via}.ndjson`;
const SPEAKER = join(import.meta.dirname, 'speaker.js');
export const PASSWORD = 'correct horse';
export const PASSWORD_ONLY = ['PreferredAuthentications=password', 'PubkeyAuthentication=no'];

/** The programs of one scenario: what captures, what serves and what connects. */
export class Lab {
  readonly network: Network;
  readonly plan: Plan;
  readonly port: number;
  readonly keys: Keys;
  /** For configuration files; removed afterwards. */
  readonly folder: string;
  /** The root of a Debian with OpenSSH 10, when there is one. */
  readonly #ten: string | undefined;
  readonly #wire: string;
  readonly #recording = new Map<Side, Running>();
  readonly #watching: Running[] = [];
  readonly #live: readonly Via[];
  readonly #clients: { running: Running; exit: number | null }[] = [];
  readonly #servers: Running[] = [];
  readonly ports = new Map<Side, number>();
  #captured = false;

  constructor(options: {
    network: Network;
    keys: Keys;
    folder: string;
    wire: string;
    ten?: string;
    /** Watches at the server, too, through these. */
    live?: readonly Via[];
  }) {
    this.network = options.network;
    this.plan = options.network.plan;
    this.port = this.plan.port;
    this.keys = options.keys;
    this.folder = options.folder;
    this.#wire = options.wire;
    this.#ten = options.ten;
    this.#live = options.live ?? [];
    mkdirSync(this.folder, { recursive: true });
  }

  /** Begins to capture at the client and at the server, as nearly at once as can be. */
  async capture(options: CaptureOptions = {}): Promise<void> {
    this.#captured = true;
    const { sides = ['client', 'server'] } = options;
    await Promise.all([
      ...sides.map((side) => this.captureAt(side, DEVICE[side], options)),
      ...(options.router === undefined ? [] : [this.#captureBetween(options.router, options)]),
    ]);
  }

  async captureAt(side: Side, device: string, options: CaptureOptions = {}): Promise<void> {
    this.#captured = true;
    const { port = this.port, neighbours = false } = options;
    this.ports.set(side, port);
    // ICMP errors without the chatter of neighbour discovery, unless that is what it is about.
    const usual = `tcp port ${port} or icmp or (icmp6 and ip6[40] < 128)`;
    const also = neighbours ? ' or arp or (icmp6 and ip6[40] >= 135 and ip6[40] <= 136)' : '';
    const filter = options.filter ?? usual + also;
    // Without --immediate-mode the kernel hands packets over up to a second late, and those are lost at the end.
    await this.#record(side, 'tcpdump', [
      ...['-Z', 'root', '-i', device, '-n', '-U', '--immediate-mode', '-B', '4096'],
      ...(options.options ?? []),
      ...['-w', join(this.folder, `${side}.pcap`), filter],
    ]);
    const isUsual = options.filter === undefined && options.options === undefined;
    if (side === 'server' && isUsual) await this.#watch(device, port);
  }

  /** `sshfate live` beside the capture of the same packets. */
  async #watch(device: string, port: number): Promise<void> {
    for (const via of this.#live) {
      const argv = ['live', device, '--via', via, '--port', String(port), '-f', 'ndjson'];
      const output = ['-o', join(this.folder, liveFile(via))];
      this.#watching.push(
        this.network.start('server', [process.execPath, SSHFATE, ...argv, ...output], { unlisted: true }),
      );
    }
    await Promise.all(
      this.#watching.map((running) => until('sshfate live', () => running.printed().includes('Watching '))),
    );
  }

  async #captureBetween(device: string, options: CaptureOptions): Promise<void> {
    if (device !== 'two-interfaces') return this.captureAt('router', device, options);
    this.ports.set('router', options.port ?? this.port);
    const filter = `tcp port ${options.port ?? this.port} or icmp`;
    const file = join(this.folder, 'router.pcapng');
    await this.#record('router', 'dumpcap', ['-q', '-i', 'r0', '-i', 'r1', '-f', filter, '-w', file]);
  }

  async #record(side: Side, program: string, argv: readonly string[]): Promise<void> {
    const running = this.network.start(side, [program, ...argv]);
    this.#recording.set(side, running);
    void running.ended.then(({ stderr }) => {
      if (!/packets? (captured|received|dropped)/i.test(stderr))
        console.error(`${program}: ${stderr.trim()}`);
    });
    await until(program, () => /listening on|Capturing on|File:/.test(running.printed()));
    // dumpcap says so before its interfaces are open.
    if (program === 'dumpcap') await sleep(500);
  }

  /** Ends the captures; what runs meanwhile is no part of them. */
  async endCapture(): Promise<void> {
    if (!this.#captured) throw new Error('nothing was captured');
    if (this.#recording.size === 0) return;
    const recording = [...this.#recording];
    this.#recording.clear();
    await sleep(300);
    for (const [side, running] of recording) {
      const { stderr } = await running.stop('SIGINT');
      const dropped = /([1-9]\d*) packets? dropped by kernel/.exec(stderr);
      if (dropped) throw new Error(`capture at the ${side}: ${dropped[0]}`);
    }
    for (const running of this.#watching.splice(0)) {
      const { code, stderr } = await running.stop('SIGINT');
      if (code !== 130) throw new Error(`sshfate live ended with ${code}: ${stderr.trim()}`);
    }
  }

  /** A real sshd whose root may log in with the lab's key. */
  async sshd(configuration: readonly string[] = [], options: SshdOptions = {}): Promise<Running> {
    const { port = this.port, hostsDeny, binds = [] } = options;
    const file = this.sshdConfig(configuration, port);
    const all = [[this.keys.home, '/root'] as const, ...binds];
    if (hostsDeny !== undefined) all.push([this.write('hosts.deny', hostsDeny), '/etc/hosts.deny']);
    return this.serve(`exec /usr/sbin/sshd -D -e -f ${file}`, all, port);
  }

  sshdConfig(configuration: readonly string[], port = this.port): string {
    return this.write(
      'sshd_config',
      [
        ...configuration,
        `Port ${port}`,
        ...this.keys.host.map((key) => `HostKey ${key}`),
        'PermitRootLogin yes',
        'UsePAM no',
        'StrictModes no',
        'PidFile none',
        'PrintMotd no',
        'LogLevel VERBOSE',
        'Subsystem sftp /usr/lib/openssh/sftp-server',
        '',
      ].join('\n'),
    );
  }

  /** An sshd of OpenSSH 10, in a root of its own. */
  async sshdTen(configuration: readonly string[] = [], prepare = ''): Promise<Running> {
    const file = this.sshdConfig(configuration);
    return this.serve(
      `${this.#intoTen()} && ${prepare || 'true'} && exec chroot ${this.#ten} /usr/sbin/sshd -D -e -f ${file}`,
    );
  }

  /** What makes this run's files and keys visible in the other root; for this process only. */
  #intoTen(): string {
    if (!this.#ten) throw new Error('there is no OpenSSH 10 here');
    const shared = join(this.folder, '..');
    const root = this.#ten;
    return [
      `mkdir -p ${root}${shared} ${root}/run/sshd`,
      `mount --bind ${shared} ${root}${shared}`,
      `mount --rbind /dev ${root}/dev`,
      `mount -t proc proc ${root}/proc`,
      `mount --bind ${this.keys.home} ${root}/root`,
    ].join(' && ');
  }

  get root10(): string {
    return this.#ten ?? '';
  }

  /** A server process of any kind, with files of its own over the machine's. */
  async serve(
    script: string,
    binds: readonly (readonly [string, string])[] = [],
    port = this.port,
  ): Promise<Running> {
    const mounts = binds.map(([from, to]) => `mount --bind ${from} ${to} && `).join('');
    // A process namespace, because a session's processes would outlive their listener.
    const running = this.network.start('server', [
      ...(['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const),
      // sshd wants /run/sshd, which only its service makes.
      ...['sh', '-c', `mount -t tmpfs tmpfs /run && mkdir /run/sshd && ${mounts}${script}`],
    ]);
    this.#servers.push(running);
    await this.network.listening('server', port, running);
    return running;
  }

  /** JavaScript that serves the port: what no program does on request. */
  async nodeServer(script: string): Promise<Running> {
    const running = this.network.start('server', [process.execPath, '-e', script]);
    this.#servers.push(running);
    await this.network.listening('server', this.port, running);
    return running;
  }

  /** Runs JavaScript in a namespace: clients that do what no program does on request. */
  node(host: Host, script: string): Running {
    return this.network.start(host, [process.execPath, '-e', script]);
  }

  /** A client that speaks by hand, step by step: see speaker.js. */
  speak(...steps: readonly string[]): Running {
    return this.network.start('client', this.#speaker('client', this.plan.server, steps));
  }

  /** A server that speaks so to whoever connects. */
  async speakingServer(...steps: readonly string[]): Promise<void> {
    const running = this.network.start('server', this.#speaker('server', '::', steps));
    this.#servers.push(running);
    await this.network.listening('server', this.port, running);
  }

  #speaker(role: 'client' | 'server', address: string, steps: readonly string[]): Argv {
    return [process.execPath, SPEAKER, role, `${this.port}`, address, ...steps];
  }

  /** An /etc/shadow by which root has {@link PASSWORD}. */
  async shadow(): Promise<readonly [string, string]> {
    const hash = (await collect('openssl', ['passwd', '-6', PASSWORD])).trim();
    return [this.write('shadow', `root:${hash}:19000:0:99999:7:::\n`), '/etc/shadow'];
  }

  /** The environment of a client for which a script answers the prompts. */
  typing(script: string): Readonly<Record<string, string>> {
    const askpass = this.write('askpass', `#!/bin/sh\n${script}\n`, 0o700);
    return { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
  }

  /** Starts the OpenSSH client. */
  ssh(options: SshOptions = {}): Running {
    const { command = 'echo hello' } = options;
    const argv = this.sshArgv({ ...options, command });
    return this.client(options.ten ? this.#clientTen(argv) : argv, options.environment);
  }

  #clientTen(argv: Argv): Argv {
    const inside = ['chroot', this.#ten ?? '', ...argv].map((word) => `'${word}'`).join(' ');
    return ['unshare', '--mount', 'sh', '-c', `${this.#intoTen()} && exec ${inside}`];
  }

  /** Starts a client of any kind; what it says is kept. */
  client(argv: Argv, environment: Readonly<Record<string, string>> = {}): Running {
    const running = this.network.start('client', argv, {
      environment: { HOME: this.keys.home, ...environment },
    });
    if (CLIENTS.includes(argv[0])) {
      const client: { running: Running; exit: number | null } = { running, exit: null };
      this.#clients.push(client);
      void running.ended.then(({ code }) => {
        client.exit = code ?? null;
      });
    }
    return running;
  }

  sshArgv(options: SshOptions = {}): Argv {
    const { settings = [], identity = this.keys.client, address = this.plan.server, command } = options;
    const { port = this.port, user = 'root' } = options;
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
      ...(['ssh', '-F', 'none', '-p', `${port}`] as const),
      ...all.flatMap((one) => ['-o', one]),
      `${user}@${address}`,
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

  /** A cable m0 – m1 within the router, for two wires with a place between them. */
  async cableInBetween(): Promise<void> {
    const ends = 'm0 mtu 1600 type veth peer m1 mtu 1600'.split(' ');
    await this.network.run('router', 'ip', 'link', 'add', ...ends);
    for (const device of ['m0', 'm1']) {
      const offloads = ['tso', 'gso', 'gro', 'tx'].flatMap((one) => [one, 'off']);
      await this.network.run('router', 'ethtool', '-K', device, ...offloads);
      await this.network.run('router', 'ip', 'link', 'set', device, 'up');
    }
  }

  /** Starts our own cable between two devices of the router, with faults. */
  async wire(...argv: readonly string[]): Promise<Running> {
    const running = this.network.start('router', [this.#wire, ...argv]);
    await until('the wire', () => running.printed().includes('ready'));
    return running;
  }

  /** Signals the processes that serve a connection, not the one that listens. */
  async signalSessions(name: NodeJS.Signals): Promise<void> {
    const sessions = (await this.network.processes('server')).filter(
      ({ command }) => /^sshd(-session|-auth)?: /.test(command) && !command.includes('[listener]'),
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
    await this.network.run('client', 'nmap', '-n', '-sn', '-PE', '--disable-arp-ping', this.plan.server);
  }

  write(name: string, text: string, mode = 0o600): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode });
    return path;
  }

  /** Whether something has made a file in the scenario's folder. */
  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  /** What each client said, by the time of its start. */
  clients(): readonly Client[] {
    return this.#clients.map(({ running, exit }) => ({
      argv: running.argv,
      said: running.complained().split(/\r?\n/).filter(isTold),
      exit,
    }));
  }

  serverSaid(): readonly string[] {
    return this.#servers.flatMap((running) => running.complained().split(/\r?\n/)).filter(isTold);
  }
}

const isTold = (line: string): boolean => line.trim() !== '' && !/^Warning: Permanently added/.test(line);
