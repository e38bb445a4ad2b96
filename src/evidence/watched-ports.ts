/** What counts as a session, as the analysis was told it. */
export interface WatchedPorts {
  readonly ports: readonly number[];
  readonly anyPort: boolean;
}
