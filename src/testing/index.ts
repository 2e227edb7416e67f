export { type MediumConformanceOptions, mediumConformance } from './conformance.js';
export type { MediumSource } from './workbench.js';
