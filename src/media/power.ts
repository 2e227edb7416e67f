import fs from 'node:fs';
import { join } from 'node:path';

/** Where Linux describes the machine's persistent memory. */
const DEVICES = '/sys/bus/nd/devices';

/**
 * True if the platform promises that the processor's caches reach persistent memory by themselves at a power cut (Linux
 * calls it the persistence domain 'cpu_cache'). One region of persistent memory without that promise is enough for a no.
 */
export function cachesSurvivePowerCut(devices = DEVICES): boolean {
  const domains = namesIn(devices)
    .filter((name) => name.startsWith('region'))
    .map((name) => domainOf(join(devices, name, 'persistence_domain')));
  return domains.length > 0 && domains.every((domain) => domain === 'cpu_cache');
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function domainOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
