import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A small network for one fault, of three namespaces:
 *
 *     client ── c0 · r0 ── router ── r1 · s0 ── server
 *     192.0.2.10       .1        .1       198.51.100.20
 *     2001:db8:1::10  ::1        ::1      2001:db8:2::20
 *
 * Every fault gets a network of its own, because sockets of the last one would still retransmit into it. Nothing that
 * runs in it can reach an address outside.
 */
export class Network {
  readonly #names: Readonly<Record<Host, string>>;
  readonly #children = new Set<ChildProcess>();

  #building: Promise<void> | undefined;
  #disposed = false;

  /** `id` begins the namespaces' names. Nothing exists before {@link build}. */
  constructor(id: string) {
    this.#names = { client: `${id}c`, router: `${id}r`, server: `${id}s` };
  }

  build(): Promise<void> {
    this.#building = this.#build();
    return this.#building;
  }

  /** Runs a command in a namespace to its end and gives what it printed; throws when it fails. */
  async run(host: Host, ...argv: Argv): Promise<string> {
    const { code, stdout, stderr } = await this.start(host, argv).ended;
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim() || `exit code ${code}`}`);
    return stdout;
  }

  /** Starts a command in a namespace. It is killed with the network when it has not ended before. */
  start(host: Host, argv: Argv, options: StartOptions = {}): Running {
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
        resolve({ code: code ?? undefined, stdout, stderr });
      });
    });
    return {
      ended,
      printed: () => stdout + stderr,
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
  async listening(host: Host, port: number): Promise<void> {
    await until(`a server on port ${port}`, async () =>
      (await this.run(host, 'ss', '-Hltn')).includes(`:${port} `),
    );
  }

  /** Adds rules to a chain of the router's firewall; the default is what it forwards. */
  async firewall(rules: readonly string[], hook: 'forward' | 'output' = 'forward'): Promise<void> {
    await this.run('router', 'nft', `add table inet lab`);
    await this.run('router', 'nft', `add chain inet lab ${hook} { type filter hook ${hook} priority 0; }`);
    for (const rule of rules) await this.run('router', 'nft', `add rule inet lab ${hook} ${rule}`);
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
    await this.#address('client', 'c0', ADDRESS.client, ADDRESS.client6);
    await this.#address('router', 'r0', '192.0.2.1', '2001:db8:1::1');
    await this.#defaultRoute('client', '192.0.2.1', '2001:db8:1::1');
    await this.#serverLink();
    await this.sysctl('router', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    // Each refused packet gets its ICMP error, not one a second.
    await this.sysctl('router', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0');
  }

  async #serverLink(): Promise<void> {
    await this.#link('server', 's0', 'r1');
    await this.#address('server', 's0', ADDRESS.server, ADDRESS.server6);
    await this.#address('router', 'r1', '198.51.100.1', '2001:db8:2::1');
    await this.#defaultRoute('server', '198.51.100.1', '2001:db8:2::1');
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

  async #address(host: Host, device: string, ipv4: string, ipv6: string): Promise<void> {
    await this.run(host, 'ip', 'addr', 'add', `${ipv4}/24`, 'dev', device);
    await this.run(host, 'ip', 'addr', 'add', `${ipv6}/64`, 'dev', device, 'nodad');
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

export const ADDRESS = {
  client: '192.0.2.10',
  client6: '2001:db8:1::10',
  server: '198.51.100.20',
  server6: '2001:db8:2::20',
  /** An address of the server's network that no host has. */
  nobody: '198.51.100.77',
} as const;

export type Argv = readonly [string, ...string[]];

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What stands on its stdin, which ends there. */
  readonly input?: string;
}

export interface Ended {
  /** Absent when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  readonly printed: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly stop: (signal?: NodeJS.Signals) => Promise<Ended>;
}

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
