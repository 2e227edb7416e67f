import { addonProblem, loadAddon } from '../../src/base/native-loader.js';
import { buildAddon } from '../helpers/addon-build.js';

/**
 * Has this process use the build of the addon that records its flushes. Nothing may have loaded another one before.
 *
 * @returns why that cannot be; undefined if it is so
 */
export function useRecordedAddon(): string | undefined {
  if (process.arch !== 'x64') return `the addon records its flushes on x64 only, this is ${process.arch}`;
  if ((process.env['VARVE_NO_ADDON'] ?? '0') !== '0') return 'the addon is turned off by VARVE_NO_ADDON';
  const build = buildAddon('recorded');
  if ('problem' in build) return build.problem;
  process.env['VARVE_ADDON'] = build.file;
  return loadAddon() === undefined ? addonProblem() : undefined;
}
