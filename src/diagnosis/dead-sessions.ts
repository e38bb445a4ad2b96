import type { SessionRecord } from '../session/record.ts';
import { dropbearOption, isDropbear } from './dropbear.ts';
import { onOtherServer, otherServer } from './other-server.ts';

/** The step at the server after which sessions end whose client is gone. */
export function endDeadSessions(record: SessionRecord): string {
  const other = otherServer(record);
  if (other !== undefined) return `${onOtherServer(other)}: let it end sessions whose client does not answer`;
  return isDropbear(record)
    ? `${dropbearOption('-K 60')} (ends sessions of clients that are gone)`
    : 'On the server, so that sessions of clients that are gone end: `ClientAliveInterval 60` and `ClientAliveCountMax 3` in sshd_config, then `sshd -t && systemctl reload ssh`';
}
