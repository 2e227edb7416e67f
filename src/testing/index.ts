export { type MediumConformanceOptions, mediumConformance } from './conformance.js';
export { type CrashImageOptions, CrashPoint } from './crash-point.js';
export { type DrainMoment, SimulatedMedium, type SimulatedOptions } from './simulated.js';
export type { MediumSource } from './workbench.js';
