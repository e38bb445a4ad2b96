import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import type { Host } from './network.ts';

/** What carrying a step out came to. */
export interface CarriedOut {
  readonly done: string;
  /** `-o` settings for the next login. */
  readonly settings: readonly string[];
}

/**
 * Does what a next step says, to the letter. What is to be typed stands in backticks, or after a colon in older texts:
 * a line for sshd_config, an ssh command with -o, or a command for the machine that the step names.
 */
export async function carryOut(step: string, lab: Lab): Promise<CarriedOut> {
  const literals = [...step.matchAll(/`([^`]+)`/g)].map(([, text]) => text as string);
  const all = literals.length > 0 ? literals : [step.replace(/^[^:]*: /, '').replace(/ \(.*\)$/, '')];
  const config = all.find((text) => /^(sshd_config: )?[A-Z][A-Za-z]+ \S/.test(text));
  if (config && /sshd_config/.test(step)) return inSshdConfig(config, lab);
  const ssh = all.find((text) => /-o ?[A-Z]\w+=/.test(text));
  if (ssh) return withSettings(ssh);
  const command = all.find((text) => /^[a-z]/.test(text));
  if (command === undefined) throw new Error(`nothing to carry out in: ${step}`);
  return run(command, step, lab);
}

async function inSshdConfig(line: string, lab: Lab): Promise<CarriedOut> {
  const file = join(lab.folder, 'sshd_config');
  if (!existsSync(file)) throw new Error('there is no sshd_config');
  // The first of several lines counts.
  writeFileSync(file, `${line}\n${readFileSync(file, 'utf8')}`);
  await lab.signalListener('SIGHUP');
  return { done: `sshd_config: ${line}`, settings: [] };
}

function withSettings(command: string): CarriedOut {
  const settings = [...command.matchAll(/-o ?'?([A-Z]\w+=[^\s']+)/g)].map(([, text]) => text as string);
  const identity = /-i (\S+)/.exec(command);
  if (identity) settings.push('IdentitiesOnly=yes');
  return { done: `ssh ${settings.map((one) => `-o ${one}`).join(' ')}`, settings };
}

/** A command in the machine's own words, in those of the lab. */
async function run(command: string, step: string, lab: Lab): Promise<CarriedOut> {
  const done = (settings: readonly string[] = []): CarriedOut => ({ done: command, settings });
  if (/^(sudo )?systemctl (enable --now|start|restart|reload)\b.*\bsshd?\b/.test(command)) {
    await restartSshd(lab);
    return done();
  }
  if (/^ssh-keygen .*-R/.test(command)) {
    // The old key goes; the new one comes as for any unknown server.
    return done([`UserKnownHostsFile=${lab.write('known_hosts', '')}`, 'StrictHostKeyChecking=accept-new']);
  }
  if (/^ssh-keyscan\b/.test(command)) {
    const known = lab.write('known_hosts', '');
    appendFileSync(
      known,
      await lab.network.run('client', 'ssh-keyscan', '-p', `${lab.port}`, lab.plan.server),
    );
    return done([`UserKnownHostsFile=${known}`]);
  }
  // The namespaces share this machine's files and services: only what stays inside a namespace is run.
  if (!/^(sudo )?(ip|iptables|ip6tables|nft|sysctl|tc) /.test(command)) {
    throw new Error(`this cannot be carried out in a namespace: ${command}`);
  }
  const host = hostIn(step);
  await lab.network.run(host, 'sh', '-c', command.replace(/^sudo /, ''));
  return done();
}

async function restartSshd(lab: Lab): Promise<void> {
  // What is stopped takes no other signal.
  await lab.signalListener('SIGCONT');
  await lab.signalListener('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await lab.sshd();
}

function hostIn(step: string): Host {
  if (/\b(router|firewall|gateway|path)\b/i.test(step)) return 'router';
  return /\bclient\b/i.test(step) ? 'client' : 'server';
}
