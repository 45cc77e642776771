/** What a person has to know of an operation before it is run. Sentences are Markdown. */
export interface Manual {
  readonly purpose: string;
  /** Phases that are left out do nothing. */
  readonly expand?: PhaseManual;
  readonly backfill?: PhaseManual;
  readonly contract?: PhaseManual;
  readonly rollback?: PhaseManual;
  /** Of going back before contract. */
  readonly loses: string;
}

export interface PhaseManual {
  readonly does: string;
  /** Default: nothing. */
  readonly locks?: string;
}
