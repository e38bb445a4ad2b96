import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan, Topology } from './plan.ts';

/**
 * A small network for one fault, of three namespaces: client, router and server.
 *
 * Every fault gets a network of its own, because sockets of the last one would still retransmit into it. Nothing that
 * runs in it can reach an address outside.
 */
export class Network {
  readonly #names: Readonly<Record<Host, string>>;
  readonly #children = new Set<ChildProcess>();
  readonly #commands: string[] = [];
  readonly plan: Plan;
  readonly topology: Topology;

  #building: Promise<void> | undefined;
  #disposed = false;

  /** `id` begins the namespaces' names. Nothing exists before {@link build}. */
  constructor(id: string, topology: Topology, plan: Plan) {
    this.topology = topology;
    this.plan = plan;
    this.#names = { client: `${id}c`, router: `${id}r`, server: `${id}s` };
  }

  build(): Promise<void> {
    this.#building = this.#build();
    return this.#building;
  }

  /** What was run, in order, each line with the namespace before it. */
  get commands(): readonly string[] {
    return this.#commands;
  }

  /** The namespace of a host. */
  nameOf(host: Host): string {
    return this.#names[host];
  }

  /** Runs a command in a namespace to its end and gives what it printed; throws when it fails. */
  async run(host: Host, ...argv: Argv): Promise<string> {
    const { code, stdout, stderr } = await this.start(host, argv).ended;
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim() || `exit code ${code}`}`);
    return stdout;
  }

  /** Starts a command in a namespace. It is killed with the network when it has not ended before. */
  start(host: Host, argv: Argv, options: StartOptions = {}): Running {
    if (options.unlisted !== true) this.#commands.push(`${host}# ${shellLine(argv)}`);
    const child = spawn('ip', ['netns', 'exec', this.#names[host], ...argv], {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C', ...options.environment },
    });
    this.#children.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stdin?.on('error', () => {}).end(options.input);
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.#children.delete(child);
        resolve({ argv, code: code ?? undefined, stdout, stderr });
      });
    });
    return {
      argv,
      ended,
      printed: () => stdout + stderr,
      complained: () => stderr,
      signal: (name) => {
        child.kill(name);
      },
      stop: async (signal = 'SIGTERM') => {
        child.kill(signal);
        return ended;
      },
    };
  }

  /** Waits until a TCP port is listened on. */
  async listening(host: Host, port: number, server: Running): Promise<void> {
    let ended = false;
    void server.ended.then(() => {
      ended = true;
    });
    await until(`a server on port ${port}`, async () => {
      if (ended) throw new Error(`the server ended: ${server.printed().trim()}`);
      const { stdout } = await this.start(host, ['ss', '-Hltn'], { unlisted: true }).ended;
      return stdout.includes(`:${port} `);
    });
  }

  /** Adds rules to a chain of the router's firewall; the default is what it forwards. */
  async firewall(rules: readonly string[], hook: 'forward' | 'output' = 'forward'): Promise<void> {
    await this.#rules('router', hook, rules);
  }

  /** Adds rules to what an end itself lets in. */
  async firewallOf(host: 'client' | 'server', rules: readonly string[]): Promise<void> {
    await this.#rules(host, 'input', rules);
  }

  async #rules(host: Host, hook: string, rules: readonly string[]): Promise<void> {
    await this.run(host, 'nft', `add table inet lab`);
    await this.run(host, 'nft', `add chain inet lab ${hook} { type filter hook ${hook} priority 0; }`);
    for (const rule of rules) await this.run(host, 'nft', `add rule inet lab ${hook} ${rule}`);
  }

  async sysctl(host: Host, ...settings: readonly string[]): Promise<void> {
    await this.run(host, 'sysctl', '-qw', ...settings);
  }

  /** Process ids in a namespace, with their command lines. */
  async processes(host: Host): Promise<readonly { readonly pid: number; readonly command: string }[]> {
    const pids = (await collect('ip', ['netns', 'pids', this.#names[host]]))
      .split('\n')
      .filter(Boolean)
      .map(Number);
    return pids.map((pid) => ({ pid, command: commandOf(pid) }));
  }

  /** Throws the server's namespace away and makes it anew with the same addresses: a machine that was restarted. */
  async restartServer(): Promise<void> {
    // Its device goes first, so that the dying sockets can send nothing.
    await this.run('router', 'ip', 'link', 'del', 'r1');
    await this.#kill('server');
    await collect('ip', ['netns', 'del', this.#names.server]);
    await this.#namespace('server');
    await this.#serverLink();
  }

  /** Ends every process that was started in the network and removes it. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    // What is being made while it is thrown away would be left over.
    await this.#building?.catch(() => {});
    for (const host of HOSTS) await this.#kill(host).catch(() => {});
    for (const child of this.#children) child.kill('SIGKILL');
    for (const host of HOSTS) await collect('ip', ['netns', 'del', this.#names[host]]).catch(() => {});
  }

  async #build(): Promise<void> {
    for (const host of HOSTS) await this.#namespace(host);
    await this.#link('client', 'c0', 'r0');
    await this.#serverLink();
    const { plan } = this;
    await this.#address('client', 'c0', plan.client, plan.client6);
    if (this.topology !== 'routed') return this.#oneLink();
    for (const one of plan.neighbours) await this.#address('client', 'c0', one);
    for (const one of plan.guests) await this.#address('client', 'c0', one);
    await this.#address('router', 'r0', `${plan.clientNet}.1`, `${plan.clientNet6}1`);
    await this.#address('router', 'r0', `${plan.guestNet}.1`);
    await this.#defaultRoute('client', `${plan.clientNet}.1`, `${plan.clientNet6}1`);
    await this.sysctl('router', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    // Each refused packet gets its ICMP error, not one a second.
    await this.sysctl('router', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0');
  }

  /** Joins the two cables: by the kernel's bridge, or by nothing, where a wire is to be started. */
  async #oneLink(): Promise<void> {
    if (this.topology === 'wired') return;
    await this.run('router', 'ip', 'link', 'add', 'br0', 'type', 'bridge');
    for (const one of ['r0', 'r1']) await this.run('router', 'ip', 'link', 'set', one, 'master', 'br0');
    await this.run('router', 'ip', 'link', 'set', 'br0', 'up');
  }

  async #serverLink(): Promise<void> {
    const { plan } = this;
    await this.#link('server', 's0', 'r1');
    await this.#address('server', 's0', plan.server, plan.server6);
    if (this.topology !== 'routed') return;
    await this.#address('router', 'r1', `${plan.serverNet}.1`, `${plan.serverNet6}1`);
    await this.#defaultRoute('server', `${plan.serverNet}.1`, `${plan.serverNet6}1`);
  }

  async #namespace(host: Host): Promise<void> {
    if (this.#disposed) throw new Error('the network is gone');
    await collect('ip', ['netns', 'add', this.#names[host]]);
    await this.run(host, 'ip', 'link', 'set', 'lo', 'up');
  }

  async #link(host: Host, near: string, far: string): Promise<void> {
    const { router } = this.#names;
    await collect('ip', [
      'link',
      'add',
      near,
      'netns',
      this.#names[host],
      'type',
      'veth',
      'peer',
      far,
      'netns',
      router,
    ]);
    for (const [end, device] of [
      [host, near],
      ['router', far],
    ] as const) {
      // With offloads a capture holds segments larger than the MTU and checksums that nobody filled in.
      await this.run(end, 'ethtool', '-K', device, 'tso', 'off', 'gso', 'off', 'gro', 'off', 'tx', 'off');
      await this.sysctl(
        end,
        `net.ipv6.conf.${device}.accept_dad=0`,
        `net.ipv6.conf.${device}.router_solicitations=0`,
      );
      await this.run(end, 'ip', 'link', 'set', device, 'up');
    }
  }

  async #address(host: Host, device: string, ipv4: string, ipv6?: string): Promise<void> {
    await this.run(host, 'ip', 'addr', 'add', `${ipv4}/24`, 'dev', device);
    if (ipv6) await this.run(host, 'ip', 'addr', 'add', `${ipv6}/64`, 'dev', device, 'nodad');
  }

  async #defaultRoute(host: Host, ipv4: string, ipv6: string): Promise<void> {
    await this.run(host, 'ip', 'route', 'add', 'default', 'via', ipv4);
    await this.run(host, 'ip', '-6', 'route', 'add', 'default', 'via', ipv6);
  }

  async #kill(host: Host): Promise<void> {
    for (const { pid } of await this.processes(host)) signal(pid, 'SIGKILL');
  }
}

export type Host = 'client' | 'router' | 'server';
const HOSTS: readonly Host[] = ['client', 'router', 'server'];

export type Argv = readonly [string, ...string[]];

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What stands on its stdin, which ends there. */
  readonly input?: string;
  /** Not a command that makes the fault. */
  readonly unlisted?: boolean;
}

export interface Ended {
  readonly argv: Argv;
  /** Absent when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly argv: Argv;
  readonly ended: Promise<Ended>;
  readonly printed: () => string;
  /** What it has printed on stderr so far. */
  readonly complained: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly stop: (signal?: NodeJS.Signals) => Promise<Ended>;
}

/** As one would type it. */
const shellLine = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

/** Waits for something to become true, not for ever. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(25);
  }
}

/** Signals a process that may have ended meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Runs a command outside the namespaces and gives its stdout. */
export function collect(program: string, argv: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let complaint = '';
    child.stdout.on('data', (text) => {
      printed += text;
    });
    child.stderr.on('data', (text) => {
      complaint += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${program} ${argv.join(' ')}: ${complaint.trim() || `exit code ${code}`}`));
    });
  });
}
