import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Lab } from '../../scripts/lab/lab.ts';
import type { Network } from '../../scripts/lab/network.ts';
import { whyNotHere } from '../lab/needs.ts';
import { HOSTILE } from '../report/fixtures.ts';
import { eventually, withLab } from './live-run.ts';
import { Tmux } from './tmux.ts';

const SSHFATE = path.join(import.meta.dirname, '../../bin/sshfate.js');
const LIVE = `${process.execPath} ${SSHFATE} live s0`;
const LONG_MS = 120_000;
const why = whyNotHere(['tmux']);

async function withTerminal(
  width: number,
  height: number,
  use: (tmux: Tmux, lab: Lab, network: Network) => Promise<void>,
): Promise<void> {
  await withLab(async (lab, network) => {
    await lab.sshd();
    const tmux = await Tmux.start(network.nameOf('server'), width, height);
    try {
      await use(tmux, lab, network);
    } finally {
      tmux.end();
    }
  });
}

/** A login that works, a port that is closed, a client that is too old, and a login that goes on. */
async function traffic(lab: Lab, network: Network): Promise<void> {
  await lab.ssh({ command: 'true' }).ended;
  const { server, otherPort } = lab.plan;
  await network.start('client', ['bash', '-c', `exec 3<>/dev/tcp/${server}/${otherPort}`]).ended;
  await lab.ssh({ settings: ['KexAlgorithms=diffie-hellman-group1-sha1'] }).ended;
  lab.ssh({ command: 'sleep 1000' });
}

/** The shell has its terminal back: what is typed is echoed and obeyed, and nothing is left over of the view. */
async function expectUsable(tmux: Tmux): Promise<void> {
  expect(tmux.knows('alternate_on')).toBe('0');
  expect(tmux.knows('cursor_flag')).toBe('1');
  expect(tmux.knows('wrap_flag')).toBe('1');
  tmux.type('clear; stty -a | grep -ow -e "-\\?echo" -e "-\\?icanon" -e "-\\?isig" | tr "\\n" ,', 'Enter');
  await tmux.shows(/^(isig,icanon,echo),/m);
}

describe.skipIf(why !== undefined)(`the view in a terminal${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each([
    [80, 24],
    [200, 50],
  ])(
    'of %i × %i shows sessions and fates, obeys keys, and leaves a usable prompt and a summary',
    async (width, height) => {
      await withTerminal(width, height, async (tmux, lab, network) => {
        tmux.type(`${LIVE} --port ${lab.port},${lab.plan.otherPort}; echo "ended with $?"`, 'Enter');
        await tmux.shows('[ENDED]');
        await traffic(lab, network);
        await tmux.shows('no-common-kex');
        const screen = await tmux.shows(/^ +4 192\.0\.2\.10:\d+ .*session/m);
        expect(screen).toMatch(/^sshfate live {2}s0 tcpdump +0:00:\d\d {2}\d\d:\d\d:\d\d UTC$/m);
        expect(screen).toMatch(/^1 open {3}3 ended/m);
        expect(screen).toMatch(/192\.0\.2\.10:\d+ .*completed +client +-/);
        expect(screen).toMatch(/192\.0\.2\.10:\d+ .*rst-after-syn +server +port-closed/);
        expect(screen).toMatch(/192\.0\.2\.10:\d+ .*close-during-kex +\w+ +no-common-kex/);
        expect(screen.trimEnd().split('\n').length).toBe(height);
        for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
        // The newest ending in full.
        tmux.type('Down', 'Enter');
        await tmux.shows('close-during-kex: closed during the key exchange');
        tmux.type('End');
        await tmux.shows('LOOK AT IT');
        tmux.type('q');
        await tmux.shows('[ENDED]');
        // What is open, in full.
        tmux.type('BTab');
        await tmux.shows('[OPEN]');
        tmux.type('Down', 'Enter');
        await tmux.shows('open: ');
        tmux.type('Escape');
        await tmux.shows('[OPEN]');
        tmux.type('f', 'port-closed', 'Enter');
        await tmux.shows("ENDED 1 with 'port-closed'");
        tmux.type('Escape');
        tmux.type('Space');
        await tmux.shows('PAUSED, 0 endings since');
        await lab.ssh({ command: 'true' }).ended;
        await tmux.shows('PAUSED, 1 ending since');
        tmux.type('Space');
        await tmux.shows('4 ended');
        tmux.type('?');
        await tmux.shows('Ctrl-Z');
        tmux.type('Escape');
        await tmux.shows('[OPEN]');
        // The other size, at once.
        tmux.resize(280 - width, 74 - height);
        await tmux.shows(width === 80 ? '│ FATES' : /^FATES/m);
        tmux.resize(width, height);
        await tmux.shows(width === 80 ? /^FATES/m : '│ FATES');
        tmux.type('q');
        const left = await tmux.shows('ended with 0');
        expect(left).toMatch(/^s0: 5 sessions in .*, none lost$/m);
        expect(left).toMatch(/^completed +2 +40\.0 %/m);
        expect(left).toMatch(/^high +198\.51\.100\.20:22: closed during the key exchange/m);
        await expectUsable(tmux);
      });
    },
    LONG_MS,
  );

  it(
    'is not impressed by what a client says of itself',
    async () => {
      await withTerminal(80, 24, async (tmux, lab, network) => {
        const title = tmux.knows('pane_title');
        tmux.type(`${LIVE}; echo "ended with $?"`, 'Enter');
        await tmux.shows('[ENDED]');
        const said = `${HOSTILE}\x1b[2J\x1b[?1049l${Buffer.from('⚡東✅'.repeat(20)).toString('latin1')}`;
        const script = 'exec 3<>/dev/tcp/$0/$1; printf "%s\\r\\n" "$2" >&3; sleep 1';
        const hostile = Buffer.from(said, 'latin1').toString('utf8');
        await network.start('client', ['bash', '-c', script, lab.plan.server, `${lab.port}`, hostile]).ended;
        await tmux.shows('[ENDED] 1');
        tmux.type('Down', 'Enter');
        const screen = await tmux.shows('owned');
        const lines = screen.split('\n');
        expect(lines[0]).toMatch(/^sshfate live {2}s0 tcpdump/);
        expect(lines[1]).toMatch(/^Session 1 of s0/);
        expect(lines[23]).toMatch(/^Up\/Down scroll {3}Esc back/);
        expect(screen).toContain('\\x1b]0;owned\\x07');
        expect(tmux.knows('pane_title')).toBe(title);
        expect(tmux.knows('alternate_on')).toBe('1');
        tmux.type('q');
        await tmux.shows('[ENDED]');
        tmux.type('q');
        await tmux.shows('ended with 0');
      });
    },
    LONG_MS,
  );

  it(
    'goes to the shell and comes back, and restores the terminal however it ends',
    async () => {
      await withTerminal(80, 24, async (tmux, lab) => {
        tmux.type(LIVE, 'Enter');
        await tmux.shows('[ENDED]');
        await lab.ssh({ command: 'true' }).ended;
        await tmux.shows('completed');
        tmux.type('C-z');
        await tmux.shows('Stopped');
        await expectUsable(tmux);
        tmux.type('fg', 'Enter');
        await tmux.shows('completed');
        expect(tmux.knows('alternate_on')).toBe('1');
        await lab.ssh({ command: 'true' }).ended;
        await tmux.shows('2 ended');
        tmux.type('?');
        await tmux.shows('Ctrl-Z');
        tmux.type('C-c');
        await tmux.shows('prompt>');
        tmux.type('echo "ended with $?"', 'Enter');
        await tmux.shows('ended with 130');
        await expectUsable(tmux);
        for (const [signal, code] of [
          ['SIGTERM', 0],
          ['SIGINT', 130],
          ['SIGQUIT', 131],
        ] as const) {
          tmux.type(`clear; ${LIVE}; echo "ended with $?"`, 'Enter');
          await tmux.shows('[ENDED]');
          process.kill(pidOf(tmux), signal);
          await tmux.shows(`ended with ${code}`);
          await expectUsable(tmux);
        }
        const fault = 'data:text/javascript,setTimeout(()=>{throw(new(Error)(`a_fault`))},4000)';
        tmux.type(`clear; NODE_OPTIONS='--import=${fault}' ${LIVE}; echo "ended with $?"`, 'Enter');
        await tmux.shows('[ENDED]');
        expect(await tmux.shows('ended with 1')).toContain('Error: a_fault');
        await expectUsable(tmux);
      });
    },
    LONG_MS,
  );

  it(
    'ends when its terminal is closed',
    async () => {
      await withTerminal(80, 24, async (tmux) => {
        tmux.type(LIVE, 'Enter');
        await tmux.shows('[ENDED]');
        const pid = pidOf(tmux);
        tmux.closeWindow();
        await eventually(
          () => !isThere(pid),
          () => 'it still runs',
          20_000,
        );
      });
    },
    LONG_MS,
  );

  it(
    'without colours has bold and reverse, and a dumb terminal gets lines',
    async () => {
      await withTerminal(80, 24, async (tmux, lab) => {
        tmux.type(`NO_COLOR=1 ${LIVE}`, 'Enter');
        await tmux.shows('[ENDED]');
        await lab.ssh({ settings: ['KexAlgorithms=diffie-hellman-group1-sha1'] }).ended;
        await tmux.shows('no-common-kex');
        tmux.type('Down');
        await tmux.shows(/^>/m);
        const attributes = tmux.attributes();
        expect(attributes).toContain(REVERSE);
        expect(attributes.filter((one) => COLOURS.test(one))).toEqual([]);
        tmux.type('q');
        await tmux.shows('prompt>');
        tmux.type(`clear; TERM=dumb ${LIVE} --for 2s`, 'Enter');
        await tmux.shows('Watching');
        expect(tmux.knows('alternate_on')).toBe('0');
        tmux.type(`clear; ${LIVE} --format screen | cat`, 'Enter');
        await tmux.shows('The screen needs a terminal');
      });
    },
    LONG_MS,
  );
});

/** Parameters of SGR (ECMA-48 §8.3.117). */
const REVERSE = '7';
const COLOURS = /^(3[0-8]|4[0-8]|9\d|10\d)$/;

/** Of the sshfate that runs in the terminal. */
function pidOf(tmux: Tmux): number {
  const { stdout } = spawnSync('pgrep', ['-P', tmux.knows('pane_pid')], { encoding: 'utf8' });
  return Number(stdout.trim());
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
