import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * Where something is kept that is to survive a restart: in the folder that systemd made for the service
 * (StateDirectory=), else where the XDG base directory specification says.
 */
export function stateFolder(name: string, environment: NodeJS.ProcessEnv): string {
  const [ofService = ''] = (environment.STATE_DIRECTORY ?? '').split(delimiter);
  if (isAbsolute(ofService)) return join(ofService, name);
  const { XDG_STATE_HOME: state = '' } = environment;
  // "If an implementation encounters a relative path […] it should consider the path invalid and ignore it."
  const base = isAbsolute(state) ? state : join(environment.HOME || homedir(), '.local', 'state');
  return join(base, 'sshfate', name);
}
