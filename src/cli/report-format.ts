import { extname } from 'node:path';

export const INCIDENT_FORMATS = ['markdown', 'html', 'json', 'text'] as const;
export type IncidentFormat = (typeof INCIDENT_FORMATS)[number];

/** What the name of a file says that it shall be; undefined when it says nothing. */
export function formatOfFile(path: string): IncidentFormat | undefined {
  return FORMATS_BY_ENDING[extname(path).toLowerCase()];
}

const FORMATS_BY_ENDING: Readonly<Record<string, IncidentFormat>> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.json': 'json',
  '.txt': 'text',
  '.text': 'text',
};
