import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './live-run.ts';

/** A terminal that a test can look at: a tmux of its own with a shell in a network namespace. */
export class Tmux {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'sshfate-tmux-'));
  private readonly namespace: string;

  private constructor(namespace: string) {
    this.namespace = namespace;
  }

  static async start(namespace: string, width: number, height: number): Promise<Tmux> {
    const tmux = new Tmux(namespace);
    const shell = `env PS1='prompt> ' HISTFILE= bash --norc --noprofile`;
    tmux.command('new-session', '-d', '-s', 'main', '-x', `${width}`, '-y', `${height}`, shell);
    tmux.command('set-option', '-g', 'status', 'off');
    tmux.resize(width, height);
    await tmux.shows('prompt>');
    return tmux;
  }

  /** As typed: names of keys, or text. */
  type(...keys: readonly string[]): void {
    this.command('send-keys', '-t', 'main', ...keys);
  }

  resize(width: number, height: number): void {
    this.command('resize-window', '-t', 'main', '-x', `${width}`, '-y', `${height}`);
  }

  /** What is on the screen now. */
  screen(): string {
    return this.command('capture-pane', '-p', '-t', 'main');
  }

  /** Numbers of all attributes and colours that are on the screen now. */
  attributes(): string[] {
    const [, ...codes] = this.command('capture-pane', '-e', '-p', '-t', 'main').split('\x1b[');
    return codes.flatMap((code) => code.slice(0, code.indexOf('m')).split(';'));
  }

  /** Of what the terminal knows: 'alternate_on', 'cursor_flag', 'pane_title' … */
  knows(name: string): string {
    return this.command('display-message', '-p', '-t', 'main', `#{${name}}`).trim();
  }

  /** Waits until it is on the screen, and gives the screen. */
  async shows(text: string | RegExp): Promise<string> {
    let screen = '';
    await eventually(
      () => {
        screen = this.screen();
        return typeof text === 'string' ? screen.includes(text) : text.test(screen);
      },
      () => `it never showed ${text}, but:\n${screen}`,
      30_000,
    );
    return screen;
  }

  /** Its shell gets no input any more, as when a window is closed. */
  closeWindow(): void {
    this.command('kill-session', '-t', 'main');
  }

  end(): void {
    this.tmux('kill-server');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private command(...argv: readonly string[]): string {
    const { stdout, stderr, status } = this.tmux(...argv);
    if (status !== 0) throw new Error(`tmux ${argv.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  private tmux(...argv: readonly string[]) {
    const inside = [
      'netns',
      'exec',
      this.namespace,
      'tmux',
      '-u',
      '-L',
      'sshfate',
      '-f',
      '/dev/null',
      ...argv,
    ];
    const { TMUX: _, TMUX_PANE: __, ...environment } = process.env;
    return spawnSync('ip', inside, {
      encoding: 'utf8',
      env: { ...environment, TMUX_TMPDIR: this.folder, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
    });
  }
}
