/** `neckar/report`: the page, from what is stored. */
export { anonymousReport } from './anonymous.ts';
export type { ReportedTrial, ReportInput, ReportOptions } from './input.ts';
export { severalReports } from './several.ts';
export { type StoredOptions, storedReport } from './stored.ts';
export { writeReport } from './write.ts';
