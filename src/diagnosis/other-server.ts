import type { SessionRecord } from '../session/record.ts';

/* Servers that are neither OpenSSH nor dropbear: what they can be told to do is in their own manuals. */

/** The server calls itself OpenSSH, in this session. */
export const isOpenSsh = ({ server }: SessionRecord): boolean =>
  server.software?.startsWith('OpenSSH_') ?? false;

/** What such a server calls itself, in this session or in others of the capture; undefined where it says nothing. */
export function otherServer({ server, surroundings }: SessionRecord): string | undefined {
  const software = server.software ?? surroundings?.server.software;
  return software === undefined || /^(OpenSSH|dropbear)/.test(software) ? undefined : software;
}

/** Before what is to be done there. */
export const onOtherServer = (software: string): string =>
  `On the server (${software}, which has no sshd_config of OpenSSH)`;

/** Where its log is found nobody knows here; the moment is known. */
export const otherServersLog = (software: string, time: string): string =>
  `${onOtherServer(software)}: look into the log of that program at ${time.slice(0, 19).replace('T', ' ')} UTC`;
