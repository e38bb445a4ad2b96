import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../scripts/lab/network.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { analyzeCapture } from '../../src/engine.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { whyNotHere } from '../lab/needs.ts';
import { eventually, LiveRun, VIAS, withLab } from './live-run.ts';

const why = whyNotHere();
const LONG_MS = 120_000;

/** Who of a host's processes is this program. */
function pidOf(network: Network, host: 'server' | 'client', program: string): number {
  const pids = spawnSync('ip', ['netns', 'pids', network.nameOf(host)], { encoding: 'utf8' }).stdout;
  for (const pid of pids.split('\n').filter(Boolean)) {
    const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', pid], { encoding: 'utf8' });
    if (stdout.includes(program)) return Number(pid);
  }
  throw new Error(`no ${program} runs at the ${host}`);
}

/** A device of its own at the server; what is sent to 203.0.113.9 goes there and is never answered. */
async function deadEnd(network: Network): Promise<void> {
  await network.run('server', 'ip', 'link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1');
  await network.run('server', 'ip', 'addr', 'add', '203.0.113.1/24', 'dev', 'd0');
  await ready(network);
}

/** Also after it was down, which makes the kernel forget neighbours. */
async function ready(network: Network): Promise<void> {
  await network.run('server', 'ip', 'link', 'set', 'd1', 'up');
  await network.run('server', 'ip', 'link', 'set', 'd0', 'up');
  await network.run(
    'server',
    'ip',
    'neigh',
    'replace',
    '203.0.113.9',
    'lladdr',
    '02:00:00:00:00:09',
    'dev',
    'd0',
  );
}

const call = (network: Network) =>
  network.start('server', ['timeout', '1', 'bash', '-c', 'exec 3<>/dev/tcp/203.0.113.9/22']).ended;

describe.skipIf(why !== undefined)(`sshfate live${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each(VIAS)(
    'gives each verdict through %s within a second of the packet that decides it',
    async (via) => {
      await withLab(async (lab, network) => {
        await lab.sshd();
        const live = await LiveRun.begin(lab, ['s0'], ['--via', via]);
        await lab.ssh({ command: 'true' }).ended;
        await lab.ssh({ settings: ['KexAlgorithms=diffie-hellman-group1-sha1'] }).ended;
        const { server, otherPort } = lab.plan;
        await network.start('client', ['bash', '-c', `exec 3<>/dev/tcp/${server}/${lab.port}; exec 3>&-`])
          .ended;
        void otherPort;
        const seen = [
          await live.verdict(({ fate }) => fate === 'completed'),
          await live.verdict(({ cause }) => cause?.id === 'no-common-kex'),
          await live.verdict(
            ({ fate }) =>
              fate === 'fin-before-banner' || fate === 'rst-after-banner' || fate === 'fin-after-banner',
          ),
        ];
        for (const { record, atMs } of seen) {
          const closedMs = Date.parse(record.start) + (record.observed.closes[0]?.atMs ?? 0);
          expect(atMs - closedMs).toBeLessThan(1000);
          expect(record.times).toBe(via === 'cap' ? 'arrival' : undefined);
          expect(record.capture).toBe('s0');
        }
        expect(await live.end()).toBe(130);
      });
    },
    LONG_MS,
  );

  it(
    'decides what is open when it is told to end, and says so with its exit code',
    async () => {
      await withLab(async (lab) => {
        await lab.sshd();
        const live = await LiveRun.begin(lab, ['s0']);
        const session = await lab.loggedIn();
        expect(await live.end('SIGTERM')).toBe(0);
        expect(live.heard.map(({ record }) => record.fate)).toEqual(['open']);
        await session.stop();
      });
    },
    LONG_MS,
  );

  it.each(VIAS)(
    'goes on through %s when the capturing program is killed',
    async (via) => {
      await withLab(async (lab, network) => {
        await lab.sshd();
        const live = await LiveRun.begin(lab, ['s0'], ['--via', via]);
        process.kill(pidOf(network, 'server', via === 'cap' ? 'cap-child' : 'tcpdump -i'), 'SIGKILL');
        await live.says(/s0: (tcpdump|cap) has stopped: it was ended by SIGKILL/);
        await live.says('s0: capturing again');
        await lab.ssh({ command: 'true' }).ended;
        await live.verdict(({ fate }) => fate === 'completed');
        expect(await live.end()).toBe(130);
      });
    },
    LONG_MS,
  );

  it.each(VIAS)(
    'survives through %s that its interface goes down, and away, and comes back',
    async (via) => {
      await withLab(async (lab, network) => {
        await deadEnd(network);
        const live = await LiveRun.begin(lab, ['d0'], ['--via', via, '--silence', '500ms']);
        await call(network);
        await live.verdict(({ fate }) => fate === 'no-syn-ack');
        await network.run('server', 'ip', 'link', 'set', 'd0', 'down');
        await sleep(300);
        await ready(network);
        await network.run('server', 'ip', 'link', 'del', 'd0');
        await live.says(/d0: (tcpdump|cap) has stopped/);
        await sleep(300);
        await deadEnd(network);
        await live.says('d0: capturing again');
        await call(network);
        await eventually(
          () => new Set(live.heard.map(({ record }) => record.session)).size >= 2,
          () => `only ${live.heard.length} verdicts; ${live.said()}`,
        );
        expect(await live.end()).toBe(130);
      });
    },
    LONG_MS,
  );

  it(
    'keeps the packets, and what it keeps gets the same verdicts',
    async () => {
      await withLab(async (lab) => {
        await lab.sshd();
        const into = path.join(lab.folder, 'kept');
        const live = await LiveRun.begin(lab, ['s0'], ['--write', into]);
        await lab.ssh({ command: 'true' }).ended;
        await live.verdict(({ fate }) => fate === 'completed');
        live.signal('SIGHUP');
        await eventually(
          () => readdirSync(into).length === 2,
          () => 'SIGHUP began no new file',
        );
        await lab.ssh({ settings: ['KexAlgorithms=diffie-hellman-group1-sha1'] }).ended;
        await live.verdict(({ cause }) => cause?.id === 'no-common-kex');
        await live.end();
        const fates = await Promise.all(
          readdirSync(into)
            .sort()
            .map(async (name) =>
              (await recordsOf(path.join(into, name))).map(({ fate, cause }) => [fate, cause?.id]),
            ),
        );
        expect(fates).toEqual([[['completed', undefined]], [['close-during-kex', 'no-common-kex']]]);
      });
    },
    LONG_MS,
  );

  it(
    'keeps only the packets of sessions that ended badly when told so',
    async () => {
      await withLab(async (lab) => {
        await lab.sshd();
        const into = path.join(lab.folder, 'failed');
        const live = await LiveRun.begin(lab, ['s0'], ['--write', into, '--write-only-failed']);
        await lab.ssh({ command: 'true' }).ended;
        await lab.ssh({ settings: ['KexAlgorithms=diffie-hellman-group1-sha1'] }).ended;
        await live.verdict(({ cause }) => cause?.id === 'no-common-kex');
        await live.end();
        const [name = ''] = readdirSync(into);
        const kept = await recordsOf(path.join(into, name));
        expect(kept.map(({ cause }) => cause?.id)).toEqual(['no-common-kex']);
        const said = live.heard.find(({ record }) => record.cause?.id === 'no-common-kex')?.record;
        expect(kept[0]?.packets.clientToServer).toBe(said?.packets.clientToServer);
      });
    },
    LONG_MS,
  );

  it(
    'goes on when the disk is full, leaves whole files, and keeps packets again when there is room',
    async () => {
      await withLab(async (lab, network) => {
        await lab.sshd();
        const disk = path.join(lab.folder, 'disk');
        mkdirSync(disk);
        expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status).toBe(0);
        try {
          const live = await LiveRun.begin(lab, ['s0'], ['--write', path.join(disk, 'kept')]);
          await lab.ssh({ command: 'head -c 3000000 /dev/urandom' }).ended;
          await live.says('there is no space left on the device');
          await live.verdict(({ fate }) => fate === 'completed');
          // The watch runs in a namespace of mounts of its own, which has this disk, too.
          const pid = pidOf(network, 'server', 'sshfate.js live');
          const { status } = spawnSync('nsenter', [
            '-t',
            String(pid),
            '-m',
            'mount',
            '-o',
            'remount,size=50m',
            disk,
          ]);
          expect(status).toBe(0);
          await eventually(
            async () => {
              await lab.ssh({ command: 'true' }).ended;
              return live.said().includes('Packets are kept again');
            },
            () => live.said(),
          );
          await live.end();
          const kept = path.join(disk, 'kept');
          for (const name of readdirSync(kept)) {
            const capture = await openCapture(path.join(kept, name));
            await capture.read(() => {});
            expect([capture.info.damage, capture.info.packets > 0]).toEqual([undefined, true]);
          }
        } finally {
          spawnSync('umount', ['-l', disk]);
          rmSync(disk, { recursive: true, force: true });
        }
      });
    },
    LONG_MS,
  );

  it(
    'watches several interfaces, and all of them',
    async () => {
      await withLab(async (lab) => {
        await lab.sshd();
        const several = await LiveRun.begin(lab, ['r0', 'r1'], [], 'router');
        const all = await LiveRun.begin(lab, ['any'], [], 'router');
        await lab.ssh({ command: 'true' }).ended;
        for (const live of [several, all]) {
          const { record } = await live.verdict(({ fate }) => fate === 'completed');
          expect(await live.end()).toBe(130);
          expect(live.heard.map(({ record: { session } }) => session)).toEqual([1]);
          expect(record.capture).toBe(live === all ? 'any' : 'r0,r1');
        }
      });
    },
    LONG_MS,
  );

  it(
    'says which right is missing, and how to give it',
    async () => {
      await withLab(async (_, network) => {
        const argv = [process.execPath, path.join(import.meta.dirname, '../../bin/sshfate.js'), 'live', 's0'];
        for (const via of VIAS) {
          const { code, stderr } = await network.start('server', [
            ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'],
            ...argv,
            ...['--via', via],
          ] as [string, ...string[]]).ended;
          expect(code).toBe(3);
          expect(stderr).toMatch(
            /not permitted: it needs the capability CAP_NET_RAW\. .* setcap cap_net_raw=eip .* pipe: sudo tcpdump/,
          );
        }
      });
    },
    LONG_MS,
  );

  it(
    'refuses an interface that is not there, and a filter that is none',
    async () => {
      await withLab(async (_, network) => {
        const run = (...rest: string[]) =>
          network.start('server', [
            process.execPath,
            path.join(import.meta.dirname, '../../bin/sshfate.js'),
            'live',
            ...rest,
          ]).ended;
        const missing = await run('s00');
        expect([missing.code, missing.stderr]).toEqual([
          2,
          "sshfate: There is no network interface 's00'. Did you mean s0?\n",
        ]);
        const filter = await run('s0', '--filter', 'hots 10.0.0.1');
        expect(filter.code).toBe(2);
        expect(filter.stderr).toMatch(
          /^sshfate: --filter: libpcap does not take 'hots 10\.0\.0\.1': .*syntax error/,
        );
      });
    },
    LONG_MS,
  );
});

async function recordsOf(file: string): Promise<SessionRecord[]> {
  const records: SessionRecord[] = [];
  await analyzeCapture(file, {}, (session) => records.push(session.toJSON()));
  return records;
}
