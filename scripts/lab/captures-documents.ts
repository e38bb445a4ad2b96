import type { Fate } from '../../src/fate/vocabulary.ts';
import { FATES } from '../../src/fate/vocabulary.ts';
import { type Expected, SIDES } from './scenario.ts';
import type { Truth } from './truth.ts';

/** Fates that nothing real brings about, and why. */
export const IMPOSSIBLE: Readonly<Partial<Record<Fate, string>>> = {
  'syn-abandoned':
    'A TCP that gives up its SYN says nothing; only a program that writes its own packets resets a connection that has not been answered.',
  'closed-half-open':
    'A client’s FIN acknowledges the SYN-ACK and thereby ends the handshake; a server that has not got the ACK has no connection to close.',
};

export function capturesReadme(truths: readonly Truth[]): string {
  const versions = new Map(truths.flatMap((truth) => Object.entries(truth.versions)));
  const reached = new Set(
    truths.flatMap((truth) => SIDES.flatMap((side) => fatesOf(truth.sides[side]?.sessions))),
  );
  const never = FATES.filter((fate) => !reached.has(fate));
  return `# Captures of real sessions

Made by \`npm run lab\` with real programs in network namespaces: a client, a router and a server; one fault each, keys
made for the run and thrown away after it. Each was captured at the client and at the server at the same time:
\`NAME.client.pcap\` and \`NAME.server.pcap\`, some also in between. A side at which nothing arrived has no file.
\`manifest.json\` holds the same for tests, with what was run, \`client-messages.md\` what the clients printed.

The fates and causes are known from what was done, never from what sshfate says of it. Two fates stand where the same fault
ends either way by chance; of the causes in brackets one must be given first, or may be where it says "or none".

${[...versions].map(([program, version]) => `${program} ${version}`).join(', ')}.

| scenario | what was done | at the client | at the server | in between |
|---|---|---|---|---|
${truths.map(scenarioRow).join('\n')}

## Fates without a capture

| fate | why |
|---|---|
${never.map((fate) => row([`\`${fate}\``, IMPOSSIBLE[fate] ?? 'missing'])).join('\n')}
`;
}

const fatesOf = (sessions: readonly Expected[] = []): readonly Fate[] => sessions.flatMap(({ fate }) => fate);

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function scenarioRow({ name, made, sides }: Truth): string {
  return row([`\`${name}\``, made, ...SIDES.map((side) => sessions(sides[side]?.sessions ?? []))]);
}

function sessions(expected: readonly Expected[]): string {
  const counted = new Map<string, number>();
  for (const one of expected) counted.set(inWords(one), (counted.get(inWords(one)) ?? 0) + 1);
  return [...counted].map(([text, count]) => (count > 1 ? `${count} × ${text}` : text)).join('<br>');
}

function inWords({ fate, cause, mayBeSilent }: Expected): string {
  const causes = [...cause, ...(mayBeSilent === undefined ? [] : ['or none'])];
  return fate.map((one) => `\`${one}\``).join(' or ') + (causes.length > 0 ? ` (${causes.join(', ')})` : '');
}

const CLIENT_PROGRAMS: Readonly<Record<string, string>> = {
  scp: 'ssh',
  'ssh-agent': 'ssh',
  unshare: 'openssh-10',
};

/** What clients printed, by program and version: the same words stand once, with all the fates that led to them. */
export function clientMessages(truths: readonly Truth[]): string {
  const rows = new Map<string, { fates: Set<string>; scenarios: Set<string> }>();
  for (const { name, clients, versions, sides } of truths) {
    const fates = fatesOf(sides.client?.sessions).filter((fate) => !['completed', 'open'].includes(fate));
    for (const { argv, said } of clients) {
      const message = said.filter(isMessage).slice(-2).map(withoutAddresses).join('<br>');
      if (message === '' || fates.length === 0) continue;
      const program = CLIENT_PROGRAMS[argv[0] ?? ''] ?? argv[0] ?? '';
      const key = row([`${program} ${versions[program] ?? ''}`, message]);
      const known = rows.get(key) ?? { fates: new Set(), scenarios: new Set() };
      for (const fate of fates) known.fates.add(fate);
      known.scenarios.add(name);
      rows.set(key, known);
    }
  }
  const lines = [...rows]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, { fates, scenarios }]) => {
      const named = (values: Set<string>): string => [...values].map((one) => `\`${one}\``).join(', ');
      return `${key} ${named(fates)} | ${named(scenarios)} |`;
    });
  return `# What clients printed

From the runs that made these captures: the last lines of each client's stderr, with the fates that its session had there.

| client | last lines | fates | scenarios |
|---|---|---|---|
${lines.join('\n')}
`;
}

/** Not the art around a changed host key. */
const isMessage = (line: string): boolean => !/^@+|^\*+$/.test(line.trim());

const withoutAddresses = (line: string): string =>
  `\`${line
    .trim()
    .replaceAll('`', "'")
    .replace(/\b\d+\.\d+\.\d+\.\d+\b|\b[0-9a-f]{1,4}(:[0-9a-f]{0,4}){2,}\b/gi, 'ADDRESS')
    .replace(/SHA256:\S+/g, 'SHA256:…')
    .replace(/\bport \d+/g, 'port PORT')}\``;
