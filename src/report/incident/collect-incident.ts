import type { Reporter } from '../reporter.ts';
import type { Incident } from './incident.ts';

/** Gathers what a report tells from a run. Give it to whoever judges captures, then ask for the incident. */
export interface IncidentCollector extends Reporter {
  incident(): Incident;
}

export function collectIncident(): IncidentCollector {
  throw new Error('to come');
}
