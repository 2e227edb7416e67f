import { register } from 'node:module';

register('./resolve-hook.js', import.meta.url);
