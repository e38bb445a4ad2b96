import type { SessionRecord } from '../session/record.ts';
import { aroundMoment } from './last-words.ts';

/* What is to be done where the server is dropbear: it has start options and no configuration file. */

/** MAX_AUTH_TRIES of its default_options.h; `-T` sets another number. */
export const DROPBEAR_AUTH_TRIES = 10;

/** The server says in this session, or in others of the capture, that it is dropbear. */
export const isDropbear = ({ server, surroundings }: SessionRecord): boolean =>
  (server.software ?? surroundings?.server.software ?? '').startsWith('dropbear');

/** The commands that show what dropbear logged around a moment; `words` as `grep -E` takes them. */
export function dropbearLog(time: string, words?: string): string {
  const filter = words === undefined ? '' : ` | grep -E '${words}'`;
  return `\`journalctl -u dropbear ${aroundMoment(time)}${filter}\` (OpenWrt: \`logread | grep dropbear${filter === '' ? '' : ` | grep -E '${words}'`}\`)`;
}

/** A step that starts dropbear with another option, such as `-T 20`. */
export const dropbearOption = (option: string): string =>
  `On the server (dropbear, which has no sshd_config), among its start options: \`${option}\` (Debian: DROPBEAR_EXTRA_ARGS in /etc/default/dropbear; OpenWrt: /etc/config/dropbear), then \`${RESTART_DROPBEAR}\``;

/** What to do where too many have not logged in: the limits are in its code (svr-main.c), and it logs nothing of them. */
export const dropbearStartupsSteps = (port: number): readonly string[] => [
  `On the server: \`ss -tnp state established 'sport = :${port}'\` (who holds connections without a login? dropbear keeps them for 300 s; \`kill PID\` of theirs makes room at once)`,
  'On the server (dropbear, which has no setting for it): a build with higher limits (`#define MAX_UNAUTH_PER_IP 20` and `#define MAX_UNAUTH_CLIENTS 100` in localoptions.h, before it is compiled; 5 for one address and 30 in all by default)',
];

/** The command that shows what host keys it has. */
export const DROPBEAR_FINGERPRINTS =
  'for f in /etc/dropbear/dropbear_*_host_key; do dropbearkey -y -f $f; done';

export const RESTART_DROPBEAR = 'systemctl restart dropbear || /etc/init.d/dropbear restart';
