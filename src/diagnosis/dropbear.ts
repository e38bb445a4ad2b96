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

export const RESTART_DROPBEAR = 'systemctl restart dropbear || /etc/init.d/dropbear restart';
